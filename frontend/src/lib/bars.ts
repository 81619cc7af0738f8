import type { DaySeries } from "./series.ts";

/** Size of the drawing: 10 units for each of 96 quarter-hours, half above and half below the line where both are drawn. */
export const CHART_WIDTH = 960;
export const CHART_HEIGHT = 200;

const SLOT = 10;
const BAR = 8;

/** Where bars stand and how high the highest is, in drawing units. Negative `reach` points down. */
export type BarBand = { base: number; reach: number };

/**
 * Bands of a chart: energy out above the line, energy in below it. A side without energy gets no room.
 *
 * @param upMax - Highest amount above, Wh.
 * @param downMax - Highest amount below, Wh.
 */
export function bands(upMax: number, downMax: number): { up: BarBand; down: BarBand; line: number } {
  const total = upMax + downMax;
  const line = total === 0 ? CHART_HEIGHT - 1 : Math.max(1, Math.min(CHART_HEIGHT - 1, (CHART_HEIGHT * upMax) / total));
  return {
    line,
    up: { base: line, reach: line - 1 },
    down: { base: line, reach: -(CHART_HEIGHT - line - 1) },
  };
}

/**
 * SVG path of one bar for each quarter-hour with energy in it. One path instead of 96 elements.
 *
 * @param max - The amount that reaches as far as the band.
 */
export function barsPath(series: DaySeries, max: number, band: BarBand): string {
  if (max <= 0) return "";
  return series
    .map((value, index) => {
      if (value <= 0) return "";
      const tip = band.base - (value / max) * band.reach;
      return `M${index * SLOT + 1} ${round(band.base)}V${round(tip)}h${BAR}V${round(band.base)}z`;
    })
    .join("");
}

/** The quarter-hour under a pointer. `fraction` is its place across the chart, 0 to 1. */
export function quarterAt(fraction: number): number {
  return Math.max(0, Math.min(95, Math.floor(fraction * 96)));
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
