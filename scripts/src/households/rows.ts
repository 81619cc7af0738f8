import type { Day } from "@commonwatt/sdk/time";

/** One measured or generated step of one household. A step that was not measured has no row. */
export type Row = {
  /** Unix seconds, UTC, of the step's start. */
  readonly startSeconds: number;
  /** Load minus generation, milli-Wh: positive flows in from the grid, negative out to it. */
  readonly netMilliWh: number;
  /** What the household generated, milli-Wh; shown, but not billed. */
  readonly generationMilliWh: number;
};

/** The homes of a run and what their meters will measure. */
export type Street = {
  /** Where the energy comes from, in a few words, for the person who watches. */
  readonly description: string;
  /** Length of a row, seconds; divides a day, and is a multiple or a divisor of a quarter-hour. */
  readonly stepSeconds: number;
  /** First day and how many days there are; undefined: without end. */
  readonly firstDay: Day;
  readonly days: number | undefined;
  readonly homes: readonly Home[];
};

export type Home = {
  readonly name: string;
  readonly hasGeneration: boolean;
  /** The rows of one day, by time. */
  readonly rowsOfDay: (day: Day) => readonly Row[];
};
