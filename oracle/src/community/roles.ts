import { readLogs } from "@commonwatt/sdk/ledger/logs";
import { type Address, getAbiItem, parseAbi, parseEventLogs } from "viem";

import { act, type Actor, already, type Outcome, quiet } from "./act.ts";
import type { Community } from "./open.ts";

/** Roles and their numbers in the AccessManager; `ignition/parts/roles.ts` says what each may call. */
export const ROLE_IDS = { admin: 0n, operator: 1n, governor: 2n, guardian: 3n, treasurer: 4n, announcer: 5n } as const;
export type Role = keyof typeof ROLE_IDS;
export const ROLES = Object.keys(ROLE_IDS) as Role[];

export const accessManagerAbi = parseAbi([
  "function grantRole(uint64 roleId, address account, uint32 executionDelay)",
  "function revokeRole(uint64 roleId, address account)",
  "function hasRole(uint64 roleId, address account) view returns (bool isMember, uint32 executionDelay)",
  "event RoleGranted(uint64 indexed roleId, address indexed account, uint32 delay, uint48 since, bool newMember)",
  "event RoleRevoked(uint64 indexed roleId, address indexed account)",
  "error AccessManagerUnauthorizedAccount(address msgsender, uint64 roleId)",
]);

/** Who holds each role. */
export async function listRoles(community: Community): Promise<Record<Role, Address[]>> {
  const { reader, deployment } = community;
  const logs = await readLogs(reader, {
    addresses: [deployment.accessManager],
    events: (["RoleGranted", "RoleRevoked"] as const).map((name) => getAbiItem({ abi: accessManagerAbi, name })),
    fromBlock: BigInt(deployment.deploymentBlock),
    toBlock: await reader.getBlockNumber(),
  });
  const holders = new Map<bigint, Set<Address>>();
  for (const { eventName, args } of parseEventLogs({ abi: accessManagerAbi, logs })) {
    const accounts = holders.get(args.roleId) ?? new Set<Address>();
    holders.set(args.roleId, accounts);
    if (eventName === "RoleGranted") accounts.add(args.account);
    else accounts.delete(args.account);
  }
  const of = (role: Role) => [...(holders.get(ROLE_IDS[role]) ?? [])];
  return Object.fromEntries(ROLES.map((role) => [role, of(role)])) as Record<Role, Address[]>;
}

/** Gives a role to an account. Role: admin. */
export async function grantRole(actor: Actor, role: Role, account: Address): Promise<Outcome> {
  await quiet(actor);
  if (await holds(actor, role, account)) return already(`${account} is ${role} already.`);
  return act(actor, `${account} becomes ${role} of ${actor.community.deployment.name}.`, {
    ...manager(actor),
    functionName: "grantRole",
    args: [ROLE_IDS[role], account, 0],
  });
}

/** Takes a role from an account. Role: admin. The deployer's own is taken so once the new administrator can act. */
export async function revokeRole(actor: Actor, role: Role, account: Address): Promise<Outcome> {
  await quiet(actor);
  if (!(await holds(actor, role, account))) return already(`${account} is not ${role}.`);
  return act(actor, `${account} is ${role} of ${actor.community.deployment.name} no more.`, {
    ...manager(actor),
    functionName: "revokeRole",
    args: [ROLE_IDS[role], account],
  });
}

async function holds({ community: { reader, deployment } }: Actor, role: Role, account: Address): Promise<boolean> {
  const [isHolder] = await reader.readContract({
    address: deployment.accessManager,
    abi: accessManagerAbi,
    functionName: "hasRole",
    args: [ROLE_IDS[role], account],
  });
  return isHolder;
}

function manager({ community: { deployment } }: Actor) {
  return { address: deployment.accessManager, abi: accessManagerAbi } as const;
}
