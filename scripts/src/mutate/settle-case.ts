import { hashSignedProfile } from "@commonwatt/sdk/profile-signing";
import type { SettleDayArgs } from "@commonwatt/sdk/settlement/calldata";
import { planSettlement } from "@commonwatt/sdk/settlement/plan";
import type { DayClearing, Limits, Tariff } from "@commonwatt/sdk/settlement/types";
import { type Address, concatHex, type Hex, keccak256, numberToHex, zeroHash } from "viem";

import { DAY, DOMAIN, NOW, type Resident } from "./street.ts";
import { wordOf } from "./word.ts";

/** One settlement, and what must come of it. */
export type SettleCase = {
  name: string;
  tariff: Tariff;
  residents: readonly Resident[];
  /** Devices whose profiles were forced, in that order; their seats are not in `announced`. */
  forced: readonly Address[];
  announced: bigint;
  /** Seats that an earlier window left behind as forced: they are overwritten by the first one that is. */
  stale?: bigint;
  /** Whose profiles the hash of the forced ones is made of, where not of those. */
  boundTo?: readonly Address[];
  /** How the market's state differs from a window that has been open for an hour and a half. */
  market?: { openedAt?: number; settledAt?: number; paused?: boolean; tariffDay?: number };
  args: SettleDayArgs;
  /** Who settles, where it is not a plain account. */
  sender?: "contract under construction" | "account with code";
  /** Not a settlement, but what one profile of a class comes to at the claimed prices before it is rounded. */
  probe?: Limits & { intervals: Hex };
  /** What the reference comes to, or the error of the contract. */
  expected: { clearing: DayClearing } | { purchase: bigint; sale: bigint } | { error: string };
};

/** A settlement as an honest settler makes it. */
export function honestCase(
  name: string,
  tariff: Tariff,
  residents: readonly Resident[],
  forced: readonly Address[] = [],
): SettleCase {
  const announced = residents
    .filter(({ device }) => !forced.includes(device))
    .reduce((bits, { state }) => bits | (1n << BigInt(state.seat)), 0n);
  const { args, clearing } = planSettlement({ day: DAY, tariff, bitmap: announced, forced, meters: residents });
  return { name, tariff, residents, forced, announced, args, expected: { clearing } };
}

/** The same with something wrong that must be refused. */
export function tampered(of: SettleCase, name: string, error: string, change: Partial<SettleCase>): SettleCase {
  return { ...of, ...change, name: `${of.name}: ${name}`, expected: { error } };
}

/** The seats of `SettlementCore.prepare`. */
export function seatsOf({ residents }: SettleCase) {
  return residents.map(({ device, state, queuedSettings, revokedInWindow = false }) => ({
    device,
    word: wordOf(state),
    revokedInWindowOf: revokedInWindow ? DAY : 0,
    queued: {
      effectiveDay: queuedSettings?.effectiveDay ?? 0,
      sharing: queuedSettings?.settings.sharing ?? false,
      community: queuedSettings?.settings.community ?? false,
      seat: state.seat,
      askTicks: queuedSettings?.settings.askTicks ?? 0,
      bidTicks: queuedSettings?.settings.bidTicks ?? 0,
    },
  }));
}

/** The window of `SettlementCore.prepare`. */
export function windowOf({ residents, forced, announced, stale = 0n, tariff, market, boundTo = forced }: SettleCase) {
  let forcedHash: Hex = stale === 0n ? zeroHash : keccak256("0x");
  let seats = forced.length === 0 ? stale : 0n;
  for (const of of residents) if (forced.includes(of.device)) seats |= 1n << BigInt(of.state.seat);
  for (const device of boundTo) {
    const of = residents.find((resident) => resident.device === device);
    if (of === undefined) throw new Error(`The forced device ${device} is no resident's.`);
    forcedHash = chained(forcedHash, of);
  }
  const { communityPriceTicks, networkChargeTicks } = tariff;
  return {
    market: {
      day: DAY,
      openedAt: NOW - 5_400,
      settledAt: 0,
      paused: false,
      forcedCount: forced.length,
      communityPriceTicks,
      networkChargeTicks,
      // Another tariff, from the next day on.
      nextCommunityPriceTicks: communityPriceTicks + 7,
      nextNetworkChargeTicks: networkChargeTicks + 3,
      tariffDay: DAY + 1,
      ...market,
    },
    announced,
    forced: seats,
    forcedHash,
  };
}

function chained(hash: Hex, { device, profile }: Resident): Hex {
  const digest = hashSignedProfile(DOMAIN, profile);
  return keccak256(concatHex([hash, digest, numberToHex(BigInt(device), { size: 32 })]));
}
