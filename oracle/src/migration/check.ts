import { dayOf, isoDay, type Day } from "@commonwatt/sdk/time";

import { eventsOf } from "../community/look.ts";
import type { Community } from "../community/open.ts";
import { checkMoney, type MoneyReport } from "./check-money.ts";
import { lastSettings } from "./history.ts";
import { closedWithActiveDevice } from "./move.ts";
import { carried, missingRoles } from "./plan.ts";
import { type Survey, surveyNeighbourhood, type SurveyedMeter } from "./survey.ts";
import { type Energy, unattributedOf } from "./unattributed.ts";

/** Where one meter stands. */
export type MeterReport = {
  meter: number;
  /** It opened on the new contract with its device. */
  moved: boolean;
  /** Closing on the old contract and opening on the new one: the same, so that no energy is between them. */
  closing: Energy | undefined;
  opening: Energy | undefined;
  /** Register increase on each contract that is in no quarter-hour. */
  unattributed: { old: Energy | undefined; new: Energy | undefined };
  /** Last day of the old contract and first of the new one. */
  lastDay: Day | undefined;
  firstDay: Day | undefined;
};

export type MigrationReport = {
  /** Nothing contradicts. */
  sound: boolean;
  /** Nothing is left to do. */
  complete: boolean;
  /** What contradicts, in sentences: never to be lived with. */
  faults: string[];
  /** What is left to do, in sentences. */
  open: string[];
  /** What is as it is, and nothing is to be done about. */
  notes: string[];
  meters: MeterReport[];
  money: MoneyReport;
};

type Findings = Pick<MigrationReport, "faults" | "open" | "notes">;

/** Compares both contracts: every member, meter, register and base unit. Sends nothing. */
export async function checkMigration(from: Community, to: Community): Promise<MigrationReport> {
  const [old, target] = [await surveyNeighbourhood(from), await surveyNeighbourhood(to)];
  const findings: Findings = { faults: [], open: [], notes: [] };
  const { faults, open } = findings;
  checkTerms(old, target, findings);
  const meters = await checkMeters({ from, to, old, target }, findings);
  const money = await checkMoney({ from, to, old, target }, faults, open);
  return { sound: faults.length === 0, complete: faults.length + open.length === 0, ...findings, meters, money };
}

function checkTerms(old: Survey, target: Survey, { faults, open, notes }: Findings): void {
  for (const key of ["retirementWindowDays", "closingWindowSeconds"] as const) {
    if (old.terms[key] !== target.terms[key]) {
      notes.push(
        `${key} is ${target.terms[key]} on the new contract and was ${old.terms[key]}: it cannot be changed there`,
      );
    }
  }
  for (const key of ["communityPriceTicks", "networkChargeTicks"] as const) {
    const [is, was] = [target.tariff[key], old.tariff[key]];
    if (is !== was) open.push(`The tariff's ${key} is ${is}, expected ${was}: the governor sets it with setTariff`);
  }
  if (old.marketChargeTicks !== target.marketChargeTicks) {
    open.push(
      `The new marketplace charges ${target.marketChargeTicks} ticks, expected ${old.marketChargeTicks}: the governor sets it with scheduleNetworkCharge`,
    );
  }
  if (old.queuedTariff !== undefined && target.queuedTariff?.effectiveDay !== old.queuedTariff.effectiveDay) {
    open.push(
      `The tariff queued for ${isoDay(old.queuedTariff.effectiveDay as Day)} is not queued on the new contract`,
    );
  }
  for (const { role, account } of missingRoles(old, target)) open.push(`${account} is not ${role} there yet`);
  for (const { role, account } of missingRoles(target, old)) {
    open.push(
      `${account} is ${role} there and was not on the old contract: take it back with "neighbourhood revoke", unless it is meant so`,
    );
  }
  const members = new Set(target.members);
  for (const member of old.members) if (!members.has(member)) open.push(`${member} is no member there yet`);
  const was = new Map(old.meters.map((meter) => [meter.meter, meter]));
  for (const meter of target.meters) {
    const before = was.get(meter.meter);
    if (before === undefined) continue;
    for (const key of ["owner", "kind", "source", "unitExponent", "place"] as const) {
      if (before[key] !== meter[key]) {
        faults.push(`Meter ${meter.meter}: ${key} is ${meter[key]} there, expected ${before[key]}`);
      }
    }
    if (before.closed && meter.capWh !== before.capWh) {
      open.push(`Meter ${meter.meter} may have ${meter.capWh} Wh in a quarter-hour there, expected ${before.capWh}`);
    }
  }
}

type Parts = { from: Community; to: Community; old: Survey; target: Survey };

async function checkMeters({ from, to, old, target }: Parts, findings: Findings): Promise<MeterReport[]> {
  const { faults, open } = findings;
  const active = await closedWithActiveDevice(from);
  const settings = await lastSettings(from);
  const there = new Map(target.meters.map((meter) => [meter.meter, meter]));
  const openings = await openingsOf(to);
  const [unattributedOld, unattributedNew] = [await unattributedOf(from, old), await unattributedOf(to, target)];
  return carried(old, target).map((before): MeterReport => {
    const { meter } = before;
    const after = there.get(meter);
    const name = `Meter ${meter}`;
    const opened = openings.get(meter);
    const { closing, opening } = { closing: registersOf(before), opening: inWh(opened, before) };
    if (after === undefined) open.push(`${name} is not registered there yet`);
    if (!before.closed) open.push(`${name} is still open on the old contract`);
    else if (active.has(meter) && opened === undefined)
      open.push(`${name} is closed on the old contract and not opened on the new one: go on with "migrate move" today`);
    else if (before.state !== undefined && opened === undefined)
      open.push(`${name} had no active device any more: it needs a new one there, "devices register"`);
    if (closing !== undefined && opening !== undefined) compareRegisters(name, closing, opening, faults);
    const unattributed = { old: unattributedOld.get(meter), new: unattributedNew.get(meter) };
    for (const energy of [unattributed.old, unattributed.new]) {
      if (energy !== undefined && (energy.importWh < 0n || energy.exportWh < 0n)) {
        faults.push(`${name}: more energy is recorded than its registers grew, by the events of the contract`);
      }
    }
    const lastDay = before.state?.lastDay as Day | undefined;
    compareDays(name, lastDay, opened?.firstDay, findings);
    if (settings.get(meter)?.sharing === true && after?.state?.active === true) {
      if (!after.state.sharing && after.queuedSettings?.settings.sharing !== true) {
        open.push(`${name} shared and does not there: its owner ${before.owner} has not signed it`);
      }
    }
    return {
      meter,
      moved: before.closed && opened !== undefined,
      closing,
      opening,
      unattributed,
      lastDay,
      firstDay: opened?.firstDay,
    };
  });
}

function compareRegisters(name: string, closing: Energy, opening: Energy, faults: string[]): void {
  for (const key of ["importWh", "exportWh"] as const) {
    if (closing[key] === opening[key]) continue;
    faults.push(
      `${name}: ${key} closed at ${closing[key]} and opened at ${opening[key]}: ${opening[key] - closing[key]} Wh are in neither contract`,
    );
  }
}

function compareDays(
  name: string,
  lastDay: Day | undefined,
  firstDay: Day | undefined,
  { faults, notes }: Findings,
): void {
  if (lastDay === undefined || firstDay === undefined) return;
  if (firstDay <= lastDay) faults.push(`${name}: ${isoDay(firstDay)} can be recorded on both contracts`);
  if (firstDay > lastDay + 1) {
    const [first, last] = [isoDay((lastDay + 1) as Day), isoDay((firstDay - 1) as Day)];
    notes.push(
      `${name}: the energy from ${first} to ${last} is in no quarter-hour; it comes with the profile of ${isoDay(firstDay)}, unattributed`,
    );
  }
}

type Opening = { importRegister: bigint; exportRegister: bigint; firstDay: Day };

/** With which registers each meter opened, and the first day that it could record. */
async function openingsOf(to: Community): Promise<Map<number, Opening>> {
  const openings = new Map<number, Opening>();
  for (const { args, blockNumber } of await eventsOf(to, ["DeviceRegistered"])) {
    if (openings.has(args.meter)) continue;
    const { timestamp } = await to.reader.getBlock({ blockNumber });
    const { importRegister, exportRegister } = args;
    openings.set(args.meter, { importRegister, exportRegister, firstDay: dayOf(timestamp) });
  }
  return openings;
}

function registersOf({ state, unitExponent }: SurveyedMeter): Energy | undefined {
  return state === undefined ? undefined : inWh(state, { unitExponent });
}

function inWh(
  registers: { importRegister: bigint; exportRegister: bigint } | undefined,
  { unitExponent }: Pick<SurveyedMeter, "unitExponent">,
): Energy | undefined {
  if (registers === undefined) return undefined;
  const unitWh = 10n ** BigInt(unitExponent);
  return { importWh: registers.importRegister * unitWh, exportWh: registers.exportRegister * unitWh };
}
