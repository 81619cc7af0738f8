import { type Day, dayEnd, formatInstant, isoDay } from "@commonwatt/sdk/time";
import type { Address } from "viem";

import { money } from "../community/money.ts";
import { type Role, ROLES } from "../community/roles.ts";
import { describeChoice } from "../community/sharing.ts";
import { prepaidOf, type Survey, type SurveyedMeter } from "./survey.ts";

/** What a migration will do and what is in its way, in sentences. */
export type MigrationPlan = {
  /** Last day of the old contract and first of the new one, if it is done today. */
  cut: { lastDay: Day; firstDay: Day };
  /** What `prepare` will do. It changes nothing for anybody. */
  prepare: string[];
  /** What `move` will do, on the day of the cut. */
  move: string[];
  /** What only owners can do: their money and settings. */
  owners: string[];
  /** What has to be put in order before `move`. */
  obstacles: string[];
  /** What is good to know. */
  notes: string[];
};

/** Left of the day when the last meter is moved: what is begun today is to be finished today. */
const LEAST_SECONDS = 1_800n;
const SECONDS_PER_METER = 10n;

/** Meters that a migration carries over: all that are open, and those it has closed on the old contract already. */
export function carried(old: Survey, target: Survey | undefined): SurveyedMeter[] {
  const there = new Set(target?.meters.map(({ meter }) => meter));
  return old.meters.filter(({ meter, closed }) => !closed || there.has(meter));
}

/** Members of the old neighbourhood that are none of the new one, roles that nobody there holds yet. */
export function missingRoles(old: Survey, target: Survey): { role: Role; account: Address }[] {
  return ROLES.flatMap((role) =>
    old.roles[role].filter((account) => !target.roles[role].includes(account)).map((account) => ({ role, account })),
  );
}

/**
 * Why a meter cannot be moved now; undefined when it can.
 *
 * @param without - Meters that are moved though their last days are not on chain.
 */
export function obstacleOf(meter: SurveyedMeter, old: Survey, without: ReadonlySet<number>): string | undefined {
  const { state, queuedDevice } = meter;
  if (meter.closed || state?.active !== true) return undefined;
  const name = `Meter ${meter.meter}`;
  if (queuedDevice !== undefined) {
    return `${name}: the device ${queuedDevice.device} takes over on ${isoDay(queuedDevice.effectiveDay as Day)}; wait until it has`;
  }
  if (state.sharing && old.windowClosesAt !== undefined) {
    return `${name}: a day is being settled, until ${formatInstant(old.windowClosesAt)} at the latest; wait for its end`;
  }
  if (state.lastDay < old.today - 1 && !without.has(meter.meter)) {
    const first = isoDay((state.lastDay + 1) as Day);
    return `${name}: its days from ${first} to ${isoDay((old.today - 1) as Day)} are not on chain yet; wait for them, or name it in --without: their energy then counts on the new contract's first day, in no quarter-hour`;
  }
  return undefined;
}

/** Whether enough of the day is left for so many meters. */
export function timeObstacle(old: Survey, meters: number): string | undefined {
  const left = BigInt(dayEnd(old.today)) - old.timestamp;
  const needed = LEAST_SECONDS + SECONDS_PER_METER * BigInt(meters);
  if (left >= needed) return undefined;
  return `The day (UTC) ends in ${left} s, expected at least ${needed} s for ${meters} meters: what is closed today has to be opened today. Begin tomorrow`;
}

/**
 * Says what a migration means.
 *
 * @param target - The new neighbourhood, if it is deployed already.
 */
export function planMigration(old: Survey, target: Survey | undefined, without: readonly number[] = []): MigrationPlan {
  const meters = carried(old, target);
  const open = meters.filter(({ closed }) => !closed);
  const admitted = new Set(target?.members);
  const registered = new Set(target?.meters.map(({ meter }) => meter));
  const skipped = new Set(without);
  const obstacles = open.map((meter) => obstacleOf(meter, old, skipped)).filter((text) => text !== undefined);
  const late = timeObstacle(old, open.length);
  if (late !== undefined && open.length > 0) obstacles.push(late);
  const newMembers = old.members.filter((member) => !admitted.has(member));
  const newMeters = meters.filter(({ meter }) => !registered.has(meter));
  return {
    cut: { lastDay: (old.today - 1) as Day, firstDay: old.today },
    prepare: [
      ...(target === undefined ? ["Deploy the new neighbourhood, with the old one's terms, tariff and roles"] : []),
      ...newMembers.map((member) => `Admit ${member}`),
      ...newMeters.map((meter) => `Register meter ${meter.meter} for ${meter.owner}, cap ${meter.capWh} Wh`),
      ...(target === undefined ? [] : missingRoles(old, target)).map(
        ({ role, account }) => `Make ${account} ${role} (the administrator's key does it)`,
      ),
    ],
    move: meters.map(describeMove),
    owners: [...describeMoney(old), ...describeSettings(meters)],
    obstacles,
    notes: describeNotes(old, meters),
  };
}

function describeMove({ meter, closed, state }: SurveyedMeter): string {
  if (state === undefined) return `Meter ${meter} has no device: it is closed on the old contract, nothing else`;
  if (!state.active && !closed) return `Meter ${meter}: its device is revoked; it needs a new one on the new contract`;
  const registers = `${state.importRegister} import and ${state.exportRegister} export`;
  return `Meter ${meter} ${closed ? "is closed on" : "leaves"} the old contract and opens on the new one at its closing registers, ${registers}`;
}

function describeMoney(old: Survey): string[] {
  const owners = new Set([...old.accounts.keys(), ...old.meters.map(({ owner }) => owner)]);
  const lines = [...owners].flatMap((owner) => {
    const prepaid = old.meters
      .filter((meter) => meter.owner === owner)
      .reduce((sum, meter) => sum + prepaidOf(meter), 0n);
    const total = prepaid + (old.accounts.get(owner) ?? 0n);
    return total === 0n ? [] : [`${owner} takes ${money(total)} along, of which ${money(prepaid)} prepaid for meters`];
  });
  if (old.treasuryBaseUnits > 0n) lines.push(`The treasurer collects ${money(old.treasuryBaseUnits)} of the treasury`);
  if (old.chargesBaseUnits > 0n) {
    lines.push(`The treasurer collects ${money(old.chargesBaseUnits)} of network charges from the old marketplace`);
  }
  return lines;
}

/** How a meter is to trade on the new contract: as it does, or as its owner has queued it. */
export function wantedSettings({ queuedSettings, state }: SurveyedMeter): SurveyedSettings | undefined {
  if (queuedSettings !== undefined) return queuedSettings.settings;
  return state?.sharing === true ? state : undefined;
}
type SurveyedSettings = { sharing: boolean; community: boolean; askTicks: number; bidTicks: number };

function describeSettings(meters: readonly SurveyedMeter[]): string[] {
  return meters.flatMap((meter) => {
    const wanted = wantedSettings(meter);
    return wanted?.sharing === true
      ? [`${meter.owner} signs anew that meter ${meter.meter} ${describeChoice(wanted)}: a setting is its owner's own`]
      : [];
  });
}

function describeNotes(old: Survey, meters: readonly SurveyedMeter[]): string[] {
  const sharing = meters.filter((meter) => meter.state?.sharing === true).map(({ meter }) => meter);
  const notes = [
    `Energy tokens stay where they are: they can be used, sent and sold on the old contracts until they expire, ${old.terms.retirementWindowDays} days after their day. Offers that are signed for the old marketplace hold there`,
  ];
  if (sharing.length > 0) {
    notes.push(
      `Sharing begins the day after an owner has signed it for the new contract. On the first day, ${isoDay(old.today)}, the meters ${sharing.join(", ")} trade by hand: their owners get energy tokens for that day`,
    );
  }
  if (old.queuedTariff !== undefined) {
    const day = isoDay(old.queuedTariff.effectiveDay as Day);
    notes.push(`A tariff is queued from ${day} on: the governor queues it on the new contract too`);
  }
  return notes;
}
