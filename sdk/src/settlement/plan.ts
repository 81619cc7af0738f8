import type { Address } from "viem";

import { InvalidValueError } from "../commonwatt-error.ts";
import { decodeIntervals } from "../profile.ts";
import type { SignedProfile } from "../profile-signing.ts";
import { type Arrangeable, arrange } from "./arrange.ts";
import { encodeBatch } from "./batch.ts";
import { encodeSkipped, type SettleDayArgs } from "./calldata.ts";
import { encodeClaims } from "./claims.ts";
import { unfitReason } from "./fitness.ts";
import { solveDay } from "./solve.ts";
import type { DayClearing, DeviceState, Settings, SettlementMeter, Tariff } from "./types.ts";

/** Why an announced meter is left out on the evidence of its word. */
export type SkipEvidence = "day consumed" | "device revoked" | "not sharing";

/** A device with what the chain says of it, and the profile it signed for the day. */
export type PlannedMeter = {
  device: Address;
  state: DeviceState;
  /** Those of `queuedSettings`, where there are any. */
  queuedSettings?: { effectiveDay: number; settings: Settings };
  /** Revoked while this day was announced: it still takes part. */
  revokedInWindow?: boolean;
  profile?: SignedProfile;
};

export type SettlementInput = {
  day: number;
  /** Of the day. */
  tariff: Tariff;
  /** Seats announced, without those forced later. */
  bitmap: bigint;
  /** Devices whose profiles were forced into the window, in that order. */
  forced: readonly Address[];
  /** At least the announced and forced meters; others are left out. */
  meters: readonly PlannedMeter[];
};

export type SettlementPlan = {
  /** For `settleDay`. */
  args: SettleDayArgs;
  /** What the contract will come to. Payments are in the order of the batch. */
  clearing: DayClearing;
  /** Announced meters whose signed profile does not fit their word: in the batch, but without energy or money. */
  unfit: { meter: number; reason: string }[];
  skipped: { meter: number; device: Address; evidence: SkipEvidence }[];
};

/** A meter of the batch with its settings of the day. */
type Entry = Arrangeable & { state: DeviceState; profile: SignedProfile; unfit: string | undefined };

/**
 * Plans the settlement of an announced day: who takes part and who is left out, exactly as the contract decides, then
 * prices and payments, then the bytes. Signatures are not checked here.
 *
 * @throws InvalidValueError when an announced seat has neither profile nor evidence, or a profile cannot be put into a
 * batch.
 */
export function planSettlement({ day, tariff, bitmap, forced, meters }: SettlementInput): SettlementPlan {
  const isForced = new Set(forced.map((device) => device.toLowerCase()));
  const listed = meters.filter(
    ({ device, state }) => isForced.has(device.toLowerCase()) || (state.sharing && hasSeat(bitmap, state.seat)),
  );
  assertSeatsKnown(bitmap, listed);
  const skipped = listed.flatMap((meter) => {
    const evidence = evidenceAgainst(meter, day);
    return evidence === undefined ? [] : [{ meter: meter.state.meter, device: meter.device, evidence }];
  });
  const isSkipped = new Set(skipped.map(({ device }) => device));
  const entries = listed.filter(({ device }) => !isSkipped.has(device)).map((meter) => entryOf(meter, day));

  const classes = arrange(entries, forced);
  const clearing = solveDay(
    classes.flat().flatMap((entry) => (entry.unfit === undefined ? [toSettlementMeter(entry)] : [])),
    tariff,
  );
  const batch = encodeBatch(
    classes.map((members) => ({ ...members[0], profiles: members.map(({ profile }) => profile) })),
  );
  const args = {
    day,
    claims: encodeClaims(clearing.intervals),
    batch,
    skipped: encodeSkipped(skipped.map(({ device }) => device)),
  };
  const unfit = classes.flat().flatMap(({ meter, unfit: reason }) => (reason === undefined ? [] : [{ meter, reason }]));
  return { args, clearing, unfit, skipped };
}

/** The settings of a meter on a day: a change that has begun by then is applied before the day is cleared. */
export function settingsOn(
  { state, queuedSettings }: Pick<PlannedMeter, "state" | "queuedSettings">,
  day: number,
): Settings {
  const { sharing, community, askTicks, bidTicks } = state;
  const begun = queuedSettings !== undefined && queuedSettings.effectiveDay !== 0 && queuedSettings.effectiveDay <= day;
  return begun ? queuedSettings.settings : { sharing, community, askTicks, bidTicks };
}

function evidenceAgainst(meter: PlannedMeter, day: number): SkipEvidence | undefined {
  const { state, revokedInWindow = false } = meter;
  if (state.lastDay >= day) return "day consumed";
  if (!state.active && !revokedInWindow) return "device revoked";
  return settingsOn(meter, day).sharing ? undefined : "not sharing";
}

function entryOf(meter: PlannedMeter, day: number): Entry {
  const { device, state, profile } = meter;
  if (profile?.day !== day) {
    throw new InvalidValueError(`profile of meter ${state.meter}`, profile?.day, `one of day ${day}`);
  }
  const { community, askTicks, bidTicks } = settingsOn(meter, day);
  return {
    meter: state.meter,
    device,
    community,
    askTicks,
    bidTicks,
    exponent: state.unitExponent,
    state,
    profile,
    unfit: unfitReason(profile, state),
  };
}

function toSettlementMeter({ meter, community, askTicks, bidTicks, exponent, state, profile }: Entry): SettlementMeter {
  const { balanceBaseUnits } = state;
  return { meter, community, askTicks, bidTicks, exponent, balanceBaseUnits, ...decodeIntervals(profile.intervals) };
}

function assertSeatsKnown(bitmap: bigint, listed: readonly PlannedMeter[]): void {
  const known = listed.reduce((bits, { state }) => bits | (1n << BigInt(state.seat)), 0n);
  const unknown = bitmap & ~known;
  if (unknown !== 0n) throw new InvalidValueError("announced seats without a meter", unknown, "none, as a bitmap");
}

function hasSeat(bitmap: bigint, seat: number): boolean {
  return ((bitmap >> BigInt(seat)) & 1n) === 1n;
}
