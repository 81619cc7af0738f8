import { checkClaims } from "./reference/check.ts";
import { clearDay } from "./reference/day.ts";
import type { LoggedInterval } from "./logged.ts";
import type { DayClearing, IntervalClaim, MeterPayment, SettlementMeter, Tariff } from "./types.ts";

/** A settled day as the chain has it: what the settler sent and what the contract made of it. */
export type SettledDay = {
  tariff: Tariff;
  /** Those of the batch whose profiles fit, in its order, each with its balance before the settlement. */
  meters: readonly SettlementMeter[];
  claims: readonly IntervalClaim[];
  /** 96 entries. */
  intervals: readonly LoggedInterval[];
  payments: readonly MeterPayment[];
  /** Meters the contract found unable to pay. */
  unfunded: readonly { meter: number }[];
  clearedWh: bigint;
  treasuryBaseUnits: bigint;
};

/**
 * Clears a settled day again with the plain reference, which trusts neither settler nor contract, and compares.
 *
 * @returns Everything that is wrong, one sentence each; empty if all is well.
 */
export function verifySettlement(settled: SettledDay): string[] {
  const { meters, tariff, claims } = settled;
  const cleared = clearDay(meters, tariff);
  const refused = checkClaims(meters, tariff, claims);
  return [
    ...(refused === undefined ? [] : [`The claim of interval ${refused.interval} breaks a rule: ${refused.error}.`]),
    ...cleared.intervals.flatMap((expected, index) => intervalProblems(index, expected, settled.intervals[index])),
    ...paymentProblems(settled, cleared),
    ...differs("Energy shared, in Wh,", settled.clearedWh, cleared.clearedWh),
    ...differs("What the treasury got, in base units,", settled.treasuryBaseUnits, cleared.treasuryBaseUnits),
    ...differs("The list of unfunded meters", meterList(settled.unfunded), meterList(cleared.unfunded)),
  ];
}

/** Without trade any witness is as good as another: `checkClaims` has judged it. */
function intervalProblems(
  index: number,
  expected: DayClearing["intervals"][number],
  logged: LoggedInterval | undefined,
): string[] {
  if (logged === undefined) return [`Interval ${index} is not among those logged.`];
  const of = `of interval ${index}`;
  const volume = differs(`The volume ${of}, in Wh,`, logged.volumeWh, expected.volumeWh);
  if (expected.volumeWh === 0n) return volume;
  return [
    ...volume,
    ...differs(`The lowest price ${of}`, logged.lowTicks, expected.lowTicks),
    ...differs(`The highest price ${of}`, logged.highTicks, expected.highTicks),
  ];
}

function paymentProblems({ payments }: SettledDay, cleared: DayClearing): string[] {
  return [
    ...differs("The list of settled meters", meterList(payments), meterList(cleared.payments)),
    ...cleared.payments.flatMap(({ meter, baseUnits }) => {
      const logged = payments.find((payment) => payment.meter === meter);
      return logged === undefined
        ? []
        : differs(`The payment of meter ${meter}, in base units,`, logged.baseUnits, baseUnits);
    }),
  ];
}

function differs<Value extends bigint | number | string>(what: string, found: Value, expected: Value): string[] {
  return found === expected ? [] : [`${what} is ${found}, expected ${expected}.`];
}

function meterList(entries: readonly { meter: number }[]): string {
  return entries.length === 0 ? "empty" : entries.map(({ meter }) => meter).join(", ");
}
