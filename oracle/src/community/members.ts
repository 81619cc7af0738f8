import type { Address } from "viem";

import { act, type Actor, already, type Outcome, quiet } from "./act.ts";
import { listMeters } from "./look.ts";

/** Lets an account own meters. Role: operator. */
export async function admitMember(actor: Actor, member: Address): Promise<Outcome> {
  await quiet(actor);
  if (await isMember(actor, member)) return already(`${member} is a member already.`);
  const { contract } = actor.community;
  const will = `${member} becomes a member of ${actor.community.deployment.name} and may own meters there.`;
  return act(actor, will, { ...contract, functionName: "admitMember", args: [member] });
}

/**
 * Ends a membership. Role: operator. The member's money and tokens stay theirs; their meters have to be closed before.
 *
 * @throws CommonwattError naming the open meters.
 */
export async function removeMember(actor: Actor, member: Address): Promise<Outcome> {
  await quiet(actor);
  if (!(await isMember(actor, member))) return already(`${member} is no member.`);
  const meters = (await listMeters(actor.community)).filter(({ owner, closed }) => owner === member && !closed);
  const open = meters.map(({ meter }) => meter).join(", ");
  const hint = open === "" ? "" : ` (Its meters have to be closed first: ${open}.)`;
  const will = `${member} is no member any more; money and energy tokens stay theirs.${hint}`;
  return act(actor, will, { ...actor.community.contract, functionName: "removeMember", args: [member] });
}

function isMember({ community: { reader, contract } }: Actor, member: Address): Promise<boolean> {
  return reader.readContract({ ...contract, functionName: "isMember", args: [member] });
}
