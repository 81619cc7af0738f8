import { CommonwattError, InvalidValueError } from "@commonwatt/sdk/commonwatt-error";
import { type Day, isoDay } from "@commonwatt/sdk/time";

import { act, type Actor, already, type Outcome, quiet } from "./act.ts";
import { requireMeter } from "./meters.ts";

/** How a meter trades. Community price: both limits 0; by hand: all three 0 or false. */
export type SharingChoice = { sharing: boolean; community: boolean; askTicks: number; bidTicks: number };

/** By hand, with energy tokens. */
export const BY_HAND: SharingChoice = { sharing: false, community: false, askTicks: 0, bidTicks: 0 };
/** Shares with the street at its own price. */
export const COMMUNITY_PRICE: SharingChoice = { sharing: true, community: true, askTicks: 0, bidTicks: 0 };

/** Chooses how a meter trades, from tomorrow on. Only its owner can: `actor` is the owner. */
export async function setSharing(actor: Actor, meter: number, choice: SharingChoice): Promise<Outcome> {
  await quiet(actor);
  const { community, account } = actor;
  const { owner, state } = await requireMeter(actor, meter);
  if (owner.toLowerCase() !== account.address.toLowerCase()) {
    throw new InvalidValueError(
      "account",
      account.address,
      `${owner}: only the owner of meter ${meter} chooses how it trades`,
    );
  }
  if (state === undefined) throw new CommonwattError(`Meter ${meter} has no device yet: it can share once it has one`);
  const words = describeChoice(choice);
  const [effectiveDay, queued] = await community.reader.readContract({
    ...community.contract,
    functionName: "queuedSettings",
    args: [meter],
  });
  if (effectiveDay !== 0 && isSame(queued, choice)) {
    return already(`From ${isoDay(effectiveDay as Day)} on meter ${meter} ${words} already.`);
  }
  if (effectiveDay === 0 && isSame(state, choice)) return already(`Meter ${meter} ${words} already.`);
  const will = `From tomorrow (UTC) on meter ${meter} ${words}.`;
  return act(actor, will, { ...community.contract, functionName: "setSettings", args: [meter, choice] });
}

/** A choice in words that follow "meter 7". */
export function describeChoice({ sharing, community, askTicks, bidTicks }: SharingChoice): string {
  if (!sharing) return "trades by hand";
  if (community) return "shares at the community price";
  return `shares, selling at ${askTicks} ticks a kWh or more and buying at ${bidTicks} or less, network charge included (a tick is 0.0001)`;
}

function isSame(one: SharingChoice, other: SharingChoice): boolean {
  const fields = ["sharing", "community", "askTicks", "bidTicks"] as const;
  return fields.every((field) => one[field] === other[field]);
}
