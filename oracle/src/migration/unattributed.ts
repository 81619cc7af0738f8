import { readLedger } from "@commonwatt/sdk/ledger/read";
import { readSettledDay } from "@commonwatt/sdk/ledger/read-settled-day";
import type { Ledger } from "@commonwatt/sdk/ledger/types";
import { decodeIntervals } from "@commonwatt/sdk/profile";

import { eventsOf } from "../community/look.ts";
import type { Community } from "../community/open.ts";
import type { Survey, SurveyedMeter } from "./survey.ts";

/** Energy of one meter on one contract, Wh. */
export type Energy = { importWh: bigint; exportWh: bigint };

/**
 * What of each meter's register increase no quarter-hour accounts for, from its opening on the contract to the survey:
 * registers, less every interval that was recorded, settled or handed in late. Read from all that the contract logged.
 *
 * @returns Negative where more was recorded than the registers grew, which no contract admits.
 */
export async function unattributedOf(community: Community, survey: Survey): Promise<Map<number, Energy>> {
  const { reader, deployment } = community;
  const ledger = await readLedger(reader, deployment, { toBlock: survey.blockNumber });
  const attributed = await attributedOf(community, ledger, survey.meters);
  const openings = new Map<number, { importRegister: bigint; exportRegister: bigint }>();
  for (const { args } of await eventsOf(community, ["DeviceRegistered"], survey.blockNumber)) {
    if (!openings.has(args.meter)) openings.set(args.meter, args);
  }
  const result = new Map<number, Energy>();
  for (const { meter, state, unitExponent } of survey.meters) {
    const opening = openings.get(meter);
    if (state === undefined || opening === undefined) continue;
    let importUnits = state.importRegister - opening.importRegister;
    let exportUnits = state.exportRegister - opening.exportRegister;
    for (const { before, after } of ledger.rebases.filter((rebase) => rebase.meter === meter)) {
      importUnits -= after.importRegister - before.importRegister;
      exportUnits -= after.exportRegister - before.exportRegister;
    }
    const unitWh = 10n ** BigInt(unitExponent);
    const { importWh, exportWh } = attributed.get(meter) ?? { importWh: 0n, exportWh: 0n };
    result.set(meter, { importWh: importUnits * unitWh - importWh, exportWh: exportUnits * unitWh - exportWh });
  }
  return result;
}

/** The sum of all intervals of each meter that are on chain. */
async function attributedOf(
  { reader, deployment }: Community,
  ledger: Ledger,
  meters: readonly SurveyedMeter[],
): Promise<Map<number, Energy>> {
  const sums = new Map<number, Energy>();
  const add = (meter: number, { importWh, exportWh }: Energy) => {
    const sum = sums.get(meter) ?? { importWh: 0n, exportWh: 0n };
    sums.set(meter, { importWh: sum.importWh + importWh, exportWh: sum.exportWh + exportWh });
  };
  const exponents = new Map(meters.map(({ meter, unitExponent }) => [meter, unitExponent]));
  for (const { meter, importWh, exportWh } of ledger.profiles) add(meter, { importWh, exportWh });
  for (const { meter, intervals } of ledger.lateDays) {
    add(meter, inWh(decodeIntervals(intervals), exponents.get(meter) ?? 0));
  }
  for (const entry of ledger.settlements) {
    const settled = await readSettledDay(reader, deployment, ledger, entry);
    for (const meter of settled.meters) add(meter.meter, inWh(meter, meter.exponent));
  }
  return sums;
}

function inWh(
  { imports, exports }: { imports: readonly number[]; exports: readonly number[] },
  unitExponent: number,
): Energy {
  const unitWh = 10n ** BigInt(unitExponent);
  const sum = (units: readonly number[]) => BigInt(units.reduce((total, unit) => total + unit, 0)) * unitWh;
  return { importWh: sum(imports), exportWh: sum(exports) };
}
