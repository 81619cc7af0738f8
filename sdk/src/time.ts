import { InvalidValueError } from "./commonwatt-error.ts";
import { wholeNumber } from "./integers.ts";

declare const brand: unique symbol;

/** A UTC day: unix seconds / 86,400. */
export type Day = number & { readonly [brand]: "Day" };
/** A settlement period of 15 minutes: unix seconds / 900. */
export type Interval = number & { readonly [brand]: "Interval" };

export const INTERVALS_PER_DAY = 96;
export const SECONDS_PER_INTERVAL = 900;
export const SECONDS_PER_DAY = 86_400;

/** Intervals are 32-bit numbers on chain. */
const MAX_INTERVAL = 0xffff_ffff;
const MAX_DAY = Math.floor(MAX_INTERVAL / INTERVALS_PER_DAY) - 1;
const MAX_SECONDS = (MAX_DAY + 1) * SECONDS_PER_DAY - 1;

/**
 * A day number.
 *
 * @throws InvalidValueError when it is no whole number, negative, or its intervals would pass 32 bits.
 */
export function day(value: number): Day {
  return wholeNumber("day", value, 0, MAX_DAY) as Day;
}

/**
 * An interval number.
 *
 * @throws InvalidValueError when it is no whole number of 32 bits.
 */
export function interval(value: number): Interval {
  return wholeNumber("interval", value, 0, MAX_INTERVAL) as Interval;
}

/** The day that contains a moment. `unixSeconds` may have a fraction, or be the bigint a block carries. */
export function dayOf(unixSeconds: number | bigint): Day {
  return Math.floor(seconds(unixSeconds) / SECONDS_PER_DAY) as Day;
}

/** The interval that contains a moment. `unixSeconds` may have a fraction, or be the bigint a block carries. */
export function intervalOf(unixSeconds: number | bigint): Interval {
  return Math.floor(seconds(unixSeconds) / SECONDS_PER_INTERVAL) as Interval;
}

/** The day an interval lies in. */
export function dayOfInterval(value: Interval): Day {
  return Math.floor(value / INTERVALS_PER_DAY) as Day;
}

/** The first of a day's 96 intervals. */
export function firstInterval(value: Day): Interval {
  return (value * INTERVALS_PER_DAY) as Interval;
}

/** Position of an interval in its day, 0 to 95. */
export function indexInDay(value: Interval): number {
  return value % INTERVALS_PER_DAY;
}

/** Unix second at which an interval begins. */
export function intervalStart(value: Interval): number {
  return value * SECONDS_PER_INTERVAL;
}

/** Unix second at which a day begins. */
export function dayStart(value: Day): number {
  return value * SECONDS_PER_DAY;
}

/** Unix second at which a day is over: the start of the next. */
export function dayEnd(value: Day): number {
  return (value + 1) * SECONDS_PER_DAY;
}

/** @example isoDay(day(17318)) // "2017-06-01" */
export function isoDay(value: Day): string {
  return new Date(dayStart(value) * 1000).toISOString().split("T")[0] ?? "";
}

/** @example formatInterval(interval(1662528)) // "2017-06-01 00:00 UTC" */
export function formatInterval(value: Interval): string {
  return formatInstant(intervalStart(value));
}

/** @example formatInstant(1496275200) // "2017-06-01 00:00 UTC" */
export function formatInstant(unixSeconds: number | bigint): string {
  const iso = new Date(Math.floor(seconds(unixSeconds)) * 1000).toISOString();
  return `${iso.replace("T", " ").replace(/:\d{2}\.\d{3}Z$/u, "")} UTC`;
}

/**
 * The day of an ISO date.
 *
 * @throws InvalidValueError when it is not `YYYY-MM-DD`, no day of the calendar, or before 1970.
 * @example parseIsoDay("2017-06-01") // 17318
 */
export function parseIsoDay(text: string): Day {
  const milliseconds = /^\d{4}-\d{2}-\d{2}$/u.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  const parsed = milliseconds / 1000 / SECONDS_PER_DAY;
  // The round trip rejects dates that a lenient parser rolls over, such as February 30.
  if (!Number.isInteger(parsed) || parsed < 0 || isoDay(parsed as Day) !== text) {
    throw new InvalidValueError("day", text, "a date from 1970 on, written YYYY-MM-DD");
  }
  return day(parsed);
}

function seconds(unixSeconds: number | bigint): number {
  const value = Number(unixSeconds);
  if (!(value >= 0 && value <= MAX_SECONDS)) {
    throw new InvalidValueError("time", unixSeconds, `unix seconds from 0 to ${MAX_SECONDS}`);
  }
  return value;
}
