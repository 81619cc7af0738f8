import { INTERVALS_PER_DAY } from "@commonwatt/sdk/time";

/** 96 amounts of energy in Wh, one for each quarter-hour of a UTC day. */
export type DaySeries = readonly number[];

/** 96 zeros, to be filled. */
export function emptySeries(): number[] {
  return new Array<number>(INTERVALS_PER_DAY).fill(0);
}

export function sumSeries(series: DaySeries): number {
  return series.reduce((sum, value) => sum + value, 0);
}

/** Sum of `first` to `last`, both included. */
export function sumRange(series: DaySeries, first: number, last: number): number {
  return sumSeries(series.slice(first, last + 1));
}

export function addSeries(a: DaySeries, b: DaySeries): number[] {
  return a.map((value, index) => value + (b[index] ?? 0));
}

/** The smaller of both, quarter-hour by quarter-hour. */
export function minSeries(a: DaySeries, b: DaySeries): number[] {
  return a.map((value, index) => Math.min(value, b[index] ?? 0));
}

/** First and last quarter-hour with energy in it, or undefined for an empty day. */
export function extent(series: DaySeries): { first: number; last: number } | undefined {
  const first = series.findIndex((value) => value > 0);
  if (first === -1) return undefined;
  return { first, last: series.findLastIndex((value) => value > 0) };
}

/** Quarter-hour with the most energy. */
export function peakIndex(series: DaySeries): number {
  return series.reduce((best, value, index) => (value > (series[best] ?? 0) ? index : best), 0);
}
