import type { Deployment } from "@commonwatt/sdk/deployment";
import { conservation } from "@commonwatt/sdk/ledger/conservation";
import type { Ledger } from "@commonwatt/sdk/ledger/types";
import { verifyProfile } from "@commonwatt/sdk/ledger/verify-profile";
import { decodeIntervals } from "@commonwatt/sdk/profile";
import { type Day, firstInterval, formatInterval, type Interval, interval, isoDay } from "@commonwatt/sdk/time";
import { paymentBaseUnits } from "@commonwatt/sdk/units";

/** What a ledger must hold at the end of a run. */
export type Expectation = {
  /** The meter-days that were measured. */
  readonly recorded: readonly { readonly meter: number; readonly day: Day }[];
  /** Unix seconds at which the ledger is judged. */
  readonly now: number;
};

/**
 * Checks the books of a run in which every home sold and bought all it could, from the chain's events alone.
 *
 * @returns Everything that is wrong, one sentence each; empty if all is well.
 */
export async function auditLedger(deployment: Deployment, ledger: Ledger, expectation: Expectation): Promise<string[]> {
  const failures = [
    ...missingProfiles(ledger, expectation),
    ...ledger.skippedProfiles.map(
      ({ day, transactionHash }) => `A profile of day ${day} was skipped in ${transactionHash}.`,
    ),
    ...ledger.unknownLogs.map(({ transactionHash }) => `An event in ${transactionHash} is of no known kind.`),
    ...ledger.trades.flatMap(({ energyWh, priceTicks, paidBaseUnits, transactionHash }) => {
      const due = paymentBaseUnits(energyWh, priceTicks);
      return due === paidBaseUnits ? [] : [`${transactionHash} paid ${paidBaseUnits} base units, expected ${due}.`];
    }),
    ...unusedEnergy(ledger),
  ];
  for (const profile of ledger.profiles) {
    const { problems } = await verifyProfile(deployment, profile);
    for (const problem of problems) failures.push(`Meter ${profile.meter}, ${isoDay(profile.day)}: ${problem}`);
  }
  const { holds, mintedWh, retiredWh, expiredWh, liveWh } = conservation(ledger, expectation.now);
  if (!holds) {
    failures.push(
      `Energy was lost or made: ${mintedWh} Wh minted - ${retiredWh} used - ${expiredWh} expired is not ${liveWh} live.`,
    );
  }
  return failures;
}

function missingProfiles({ profiles }: Ledger, { recorded }: Expectation): string[] {
  const count = new Map<string, number>();
  for (const { meter, day } of profiles) count.set(`${meter} ${day}`, (count.get(`${meter} ${day}`) ?? 0) + 1);
  return recorded.flatMap(({ meter, day }) => {
    const found = count.get(`${meter} ${day}`) ?? 0;
    return found === 1 ? [] : [`Meter ${meter} has ${found} profiles of ${isoDay(day)}, expected 1.`];
  });
}

/** In every interval the smaller of all exports and all imports must have been used. */
function unusedEnergy({ profiles, retirements }: Ledger): string[] {
  const exported = new Map<Interval, bigint>();
  const imported = new Map<Interval, bigint>();
  const used = new Map<Interval, bigint>();
  const add = (sums: Map<Interval, bigint>, at: Interval, energyWh: bigint): void => {
    sums.set(at, (sums.get(at) ?? 0n) + energyWh);
  };
  for (const { day, intervals, unitWh } of profiles) {
    const { imports, exports } = decodeIntervals(intervals);
    for (const [index, units] of imports.entries())
      add(imported, interval(firstInterval(day) + index), BigInt(units) * unitWh);
    for (const [index, units] of exports.entries())
      add(exported, interval(firstInterval(day) + index), BigInt(units) * unitWh);
  }
  for (const { lines } of retirements) for (const line of lines) add(used, line.interval, line.wh);
  return [...exported].flatMap(([at, exportWh]) => {
    const importWh = imported.get(at) ?? 0n;
    const usable = exportWh < importWh ? exportWh : importWh;
    const usedWh = used.get(at) ?? 0n;
    return usedWh === usable
      ? []
      : [
          `${formatInterval(at)}: ${usedWh} Wh were used, expected ${usable} (${exportWh} exported, ${importWh} imported).`,
        ];
  });
}
