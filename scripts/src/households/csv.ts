import { type Day, day, formatInstant, isoDay, SECONDS_PER_DAY, SECONDS_PER_INTERVAL } from "@commonwatt/sdk/time";

import { UserError } from "../errors.ts";
import { forEachLine } from "./lines.ts";
import { parseMilliWh } from "./milli-wh.ts";
import type { Home, Row, Street } from "./rows.ts";
import { StepDetector } from "./step.ts";
import { parseTimestamp } from "./timestamp.ts";

const COLUMNS = ["household", "ts", "load_wh", "pv_wh"] as const;

/** Most energy that a meter with a unit of 1 Wh can report for a quarter-hour, in either direction. */
export const MAX_INTERVAL_WH = 32_767;

/** Which part of the file to replay; undefined: everything there is. */
export type Selection = {
  readonly fromDay?: Day | undefined;
  readonly days?: number | undefined;
  readonly homes?: readonly string[] | undefined;
  /** Without `fromDay` and `days`: take also the first and the last day if the file covers them in part. */
  readonly partialDays?: boolean | undefined;
};

type Household = { firstLine: number; firstSeconds: number; lastSeconds: number; rows: Row[] };

/** Position of each column, found by the header's names; other columns are ignored. */
function readHeader(path: string, header: string): Record<(typeof COLUMNS)[number], number> {
  const names = header.replace(/^\uFEFF/u, "").split(",");
  const position = (column: string): number => {
    const index = names.indexOf(column);
    if (index >= 0) return index;
    throw new UserError(
      `${path}: column "${column}" is missing; expected ${COLUMNS.join(", ")}, found ${names.join(", ")}.`,
    );
  };
  return {
    household: position("household"),
    ts: position("ts"),
    load_wh: position("load_wh"),
    pv_wh: position("pv_wh"),
  };
}

/**
 * Reads real households from a CSV file, plain or `.gz`, with the columns `household,ts,load_wh,pv_wh`: energy in Wh
 * with at most three decimals, an empty value meaning that the row is missing, `ts` the start of the step in UTC.
 *
 * Days are UTC. Without `fromDay` the first day is the first one that the file covers from its start; without `days`
 * all days up to the last one that ends within the file.
 *
 * @throws UserError naming file, line and value for anything that is not as expected.
 */
export async function readHouseholds(path: string, selection: Selection = {}): Promise<Street> {
  const wanted = selection.homes === undefined ? undefined : new Set(selection.homes);
  const fromSeconds = (selection.fromDay ?? 0) * SECONDS_PER_DAY;
  const toSeconds =
    selection.fromDay === undefined || selection.days === undefined
      ? Number.POSITIVE_INFINITY
      : fromSeconds + selection.days * SECONDS_PER_DAY;

  const households = new Map<string, Household>();
  const steps = new StepDetector(path);
  let columns: Record<(typeof COLUMNS)[number], number> | undefined;

  await forEachLine(path, (line, number) => {
    if (columns === undefined) {
      columns = readHeader(path, line);
      return;
    }
    if (line === "") return;
    const fields = line.split(",");
    const field = (column: (typeof COLUMNS)[number]): string => {
      const value = fields[columns?.[column] ?? -1];
      if (value !== undefined) return value;
      throw new UserError(`${path}, line ${number}: "${line}" has no ${column}; expected ${COLUMNS.join(", ")}.`);
    };
    const energy = (column: "load_wh" | "pv_wh"): number => {
      const milliWh = parseMilliWh(field(column));
      if (milliWh !== undefined) return milliWh;
      throw new UserError(
        `${path}, line ${number}: ${column} is "${field(column)}", expected Wh with at most 3 decimals, such as 851.167.`,
      );
    };

    const name = field("household");
    if (name === "") throw new UserError(`${path}, line ${number}: the household has no name.`);
    const startSeconds = parseTimestamp(field("ts"));
    if (startSeconds === undefined) {
      throw new UserError(
        `${path}, line ${number}: ts is "${field("ts")}", expected the UTC start of the step as YYYY-MM-DDTHH:MM[:SS][Z].`,
      );
    }
    let household = households.get(name);
    if (household === undefined) {
      household = { firstLine: number, firstSeconds: startSeconds, lastSeconds: startSeconds, rows: [] };
      households.set(name, household);
    } else {
      if (startSeconds <= household.lastSeconds) {
        throw new UserError(
          `${path}, line ${number}: ts "${field("ts")}" of "${name}" is not after the row before it; expected rising times.`,
        );
      }
      steps.note(startSeconds - household.lastSeconds, name, number);
      household.lastSeconds = startSeconds;
    }
    if (wanted !== undefined && !wanted.has(name)) return;
    if (startSeconds < fromSeconds || startSeconds >= toSeconds) return;
    if (field("load_wh") === "" || field("pv_wh") === "") return;
    const generationMilliWh = energy("pv_wh");
    household.rows.push({ startSeconds, netMilliWh: energy("load_wh") - generationMilliWh, generationMilliWh });
  });

  if (columns === undefined) throw new UserError(`${path} is empty, expected the header ${COLUMNS.join(",")}.`);
  const stepSeconds = steps.step();
  for (const [name, { firstLine, firstSeconds }] of households) {
    if (firstSeconds % stepSeconds === 0) continue;
    throw new UserError(
      `${path}, line ${firstLine}: the first row of "${name}" starts ${firstSeconds % stepSeconds} s after a full step ` +
        `of ${stepSeconds} s, expected steps counted from midnight UTC.`,
    );
  }
  for (const [name, { rows }] of households) checkPower(path, name, rows, stepSeconds);
  const names = chooseHomes(path, selection.homes, [...households.keys()]);
  const chosen = names.map((name) => ({ name, household: households.get(name) as Household }));
  const { firstDay, days } = chooseDays(
    path,
    selection,
    Math.min(...chosen.map(({ household }) => household.firstSeconds)),
    Math.max(...chosen.map(({ household }) => household.lastSeconds)) + stepSeconds,
  );
  return {
    description: `${chosen.length} household${chosen.length === 1 ? "" : "s"} of ${path}`,
    stepSeconds,
    firstDay,
    days,
    homes: chosen.map(({ name, household }) => toHome(name, household.rows)),
  };
}

function chooseHomes(path: string, asked: readonly string[] | undefined, known: readonly string[]): readonly string[] {
  const unknown = asked?.find((name) => !known.includes(name));
  if (unknown === undefined) return asked ?? known;
  throw new UserError(`${path} has no household "${unknown}"; it has ${known.join(", ")}.`);
}

/** A row must not hold more energy than its quarter-hours can carry. */
function checkPower(path: string, name: string, rows: readonly Row[], stepSeconds: number): void {
  const mostMilliWh = (MAX_INTERVAL_WH * 1000 * stepSeconds) / SECONDS_PER_INTERVAL;
  const row = rows.find(({ netMilliWh }) => Math.abs(netMilliWh) > mostMilliWh);
  if (row === undefined) return;
  throw new UserError(
    `${path}: at ${formatInstant(row.startSeconds)} the load of "${name}" less its generation is ${row.netMilliWh / 1000} Wh, ` +
      `expected at most ${MAX_INTERVAL_WH} Wh per quarter-hour (131 kW) in either direction.`,
  );
}

/** @param endSeconds - When the file's last row ends. */
function chooseDays(
  path: string,
  { fromDay, days, partialDays = false }: Selection,
  startSeconds: number,
  endSeconds: number,
): { firstDay: Day; days: number } {
  const [up, down] = partialDays ? [Math.floor, Math.ceil] : [Math.ceil, Math.floor];
  const firstDay = fromDay ?? up(startSeconds / SECONDS_PER_DAY);
  const count = days ?? down(endSeconds / SECONDS_PER_DAY) - firstDay;
  // A day that the file covers in part may be asked for: the rest of it is missing.
  const [firstKnown, endKnown] = [Math.floor(startSeconds / SECONDS_PER_DAY), Math.ceil(endSeconds / SECONDS_PER_DAY)];
  if (firstDay >= firstKnown && count > 0 && firstDay + count <= endKnown)
    return { firstDay: day(firstDay), days: count };
  throw new UserError(
    `${path} has the days ${isoDay(day(firstKnown))} to ${isoDay(day(endKnown - 1))} (UTC), ` +
      `expected to contain ${count > 0 ? `all ${count} days` : "a whole day"} from ${isoDay(day(firstDay))} on.`,
  );
}

function toHome(name: string, rows: readonly Row[]): Home {
  const byDay = new Map<number, Row[]>();
  for (const row of rows) {
    const key = Math.floor(row.startSeconds / SECONDS_PER_DAY);
    const ofDay = byDay.get(key);
    if (ofDay === undefined) byDay.set(key, [row]);
    else ofDay.push(row);
  }
  return {
    name,
    hasGeneration: rows.some(({ generationMilliWh }) => generationMilliWh > 0),
    rowsOfDay: (wanted) => byDay.get(wanted) ?? [],
  };
}
