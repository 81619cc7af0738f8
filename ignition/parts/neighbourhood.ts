import type { ArgumentType, ContractFuture, IgnitionModuleBuilder } from "@nomicfoundation/ignition-core";

import { ROLES, type RoleName, selectors } from "./roles.ts";

/** OpenZeppelin's number of the role that grants all others. */
const ADMIN_ROLE = 0n;

type Setting = {
  /** A contract or the address of one. */
  deviceRegistry: ArgumentType;
  /** ERC-20 with 6 decimals: a contract or the address of one. */
  currency: ArgumentType;
  retirementWindowDays: ArgumentType;
  /** Who administers the roles, besides the deployer. */
  admin: ArgumentType;
  roles: Record<RoleName, ArgumentType>;
};

/**
 * Adds one neighbourhood to a module: AccessManager, Neighbourhood with the token it deploys, Marketplace, and the roles.
 *
 * The deployer (account 0) sets the roles up and stays admin until the new admin takes that role from it with the
 * module HandOver, which proves that the new one works.
 */
export function addNeighbourhood(m: IgnitionModuleBuilder, setting: Setting) {
  const deployer = m.getAccount(0);
  const accessManager = m.contract("AccessManager", [deployer]);
  const neighbourhood = m.contract("Neighbourhood", [
    accessManager,
    setting.deviceRegistry,
    setting.retirementWindowDays,
  ]);
  const token = m.contractAt("EnergyToken", m.staticCall(neighbourhood, "token", []));
  const marketplace = m.contract("Marketplace", [neighbourhood, setting.currency]);

  const mayCall = (target: ContractFuture<string>, signatures: readonly string[], role: (typeof ROLES)[number]) => {
    if (signatures.length === 0) return;
    m.call(accessManager, "setTargetFunctionRole", [target, selectors(signatures), role.id], {
      id: `${role.name}_may_call_${target.contractName}`,
    });
  };
  for (const role of ROLES) {
    m.call(accessManager, "labelRole", [role.id, role.name], { id: `label_${role.name}` });
    mayCall(neighbourhood, role.neighbourhood, role);
    mayCall(marketplace, role.marketplace, role);
    m.call(accessManager, "grantRole", [role.id, setting.roles[role.name], 0], { id: `grant_${role.name}` });
  }
  m.call(accessManager, "grantRole", [ADMIN_ROLE, setting.admin, 0], { id: "grant_admin" });

  return { accessManager, neighbourhood, token, marketplace };
}
