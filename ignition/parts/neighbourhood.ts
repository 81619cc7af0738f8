import type { ArgumentType, ContractFuture, IgnitionModuleBuilder } from "@nomicfoundation/ignition-core";

import { ROLES, type RoleName, selectors } from "./roles.ts";

/** OpenZeppelin's number of the role that grants all others. */
const ADMIN_ROLE = 0n;

/** The libraries a neighbourhood's code is spread over. They hold no state. */
export const LIBRARIES = ["Accounts", "DaySettlement", "Devices", "Members", "Sharing", "Windows"] as const;

/** What a neighbourhood is deployed with; see `Terms` of the contracts. */
type TermsSetting = {
  retirementWindowDays: ArgumentType;
  closingWindowSeconds: ArgumentType;
  communityPriceTicks: ArgumentType;
  networkChargeTicks: ArgumentType;
};

type Setting = {
  /** A contract or the address of one. */
  deviceRegistry: ArgumentType;
  /** ERC-20 with 6 decimals: a contract or the address of one. */
  currency: ArgumentType;
  terms: TermsSetting;
  /** Who administers the roles, besides the deployer. */
  admin: ArgumentType;
  roles: Record<RoleName, ArgumentType>;
};

/** The terms of a neighbourhood as parameters of a module, with what holds if one is not given. */
export const termsOf = (m: IgnitionModuleBuilder): TermsSetting => ({
  retirementWindowDays: m.getParameter<number>("retirementWindowDays", 28),
  closingWindowSeconds: m.getParameter<number>("closingWindowSeconds", 7_200),
  communityPriceTicks: m.getParameter<number>("communityPriceTicks", 1_500),
  networkChargeTicks: m.getParameter<number>("networkChargeTicks", 0),
});

/**
 * Adds one neighbourhood to a module: AccessManager, Neighbourhood with the token it deploys, Marketplace, and the roles.
 *
 * The deployer (account 0) sets the roles up and stays admin until the new admin takes that role from it with the
 * module HandOver, which proves that the new one works.
 */
export function addNeighbourhood(m: IgnitionModuleBuilder, setting: Setting) {
  const deployer = m.getAccount(0);
  const accessManager = m.contract("AccessManager", [deployer]);
  const { retirementWindowDays, closingWindowSeconds, communityPriceTicks, networkChargeTicks } = setting.terms;
  const neighbourhood = m.contract(
    "Neighbourhood",
    [
      accessManager,
      setting.deviceRegistry,
      {
        currency: setting.currency,
        retirementWindowDays,
        closingWindowSeconds,
        tariff: { communityPriceTicks, networkChargeTicks },
      },
    ],
    { libraries: Object.fromEntries(LIBRARIES.map((name) => [name, m.library(name)])) },
  );
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
