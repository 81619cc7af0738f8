import { type Day, firstInterval, interval as asInterval, INTERVALS_PER_DAY } from "@commonwatt/sdk/time";

import type { MeterStore } from "../storage/meter-store.ts";
import type { CheckStore } from "./check-store.ts";

/** What the chain has of a meter, registers in Wh. */
export type RegistersOnChain = {
  importWh: number;
  exportWh: number;
  /** Day that the registers are of the end of; 0 before the first. */
  lastDay: number;
};

/**
 * Goes on from the registers on chain. They hold the energy of every day up to `lastDay`: what a gateway has sent of those
 * days again, after a database was lost, is dropped, and so is what still comes of them.
 *
 * Inside a transaction, of a meter that has no closed day.
 */
export async function adoptRegisters(
  { store, checks }: { store: MeterStore; checks: CheckStore },
  meter: number,
  { importWh, exportWh, lastDay }: RegistersOnChain,
): Promise<void> {
  const last = asInterval(firstInterval(lastDay as Day) + INTERVALS_PER_DAY - 1);
  await store.saveMeter(meter, {
    ...{ importWh, exportWh, lateImportWh: 0, lateExportWh: 0 },
    ...{ closedDay: lastDay, adoptedDay: lastDay },
  });
  await store.deleteIntervalsThrough(meter, last);
  await checks.deleteThrough(meter, last);
  await store.unmarkDaysThrough(meter, lastDay as Day);
}
