/** A stretch of a supply or demand curve: everything between two amounts at one price. */
export type CurveStep = { priceTicks: number; fromWh: number; toWh: number };

/** What a drawing of curves spans, from zero. */
export type CurveExtent = { energyWh: number; priceTicks: number };

/** Size of the drawing, in its own units. */
export const CURVE_WIDTH = 1_000;
export const CURVE_HEIGHT = 400;

/** How far the axes must reach: a little more than the largest amount and the highest price, both round. */
export function curveExtent(curves: readonly (readonly CurveStep[])[], priceTicks: number): CurveExtent {
  const steps = curves.flat();
  const energyWh = Math.max(1, ...steps.map(({ toWh }) => toWh));
  const highest = Math.max(1, priceTicks, ...steps.map((step) => step.priceTicks));
  return { energyWh: roundUp(energyWh), priceTicks: roundUp(highest * 1.05) };
}

/**
 * SVG path of a curve: level along each step, upright between them, and on to the edge beyond the last one: `closing`
 * says whether prices there rise without end (supply) or fall to nothing (demand).
 */
export function curvePath(steps: readonly CurveStep[], extent: CurveExtent, closing: "rise" | "fall"): string {
  const first = steps[0];
  const last = steps.at(-1);
  if (first === undefined || last === undefined) return "";
  const begin = closing === "rise" ? CURVE_HEIGHT : 0;
  const end = closing === "rise" ? 0 : CURVE_HEIGHT;
  const parts = steps.map((step) => `V${y(step.priceTicks, extent)}H${x(step.toWh, extent)}`);
  return `M${x(first.fromWh, extent)} ${begin}${parts.join("")}V${end}`;
}

/** Place of an amount, in drawing units from the left. */
export function x(energyWh: number, extent: CurveExtent): number {
  return tenth((energyWh / extent.energyWh) * CURVE_WIDTH);
}

/** Place of a price, in drawing units from above. */
export function y(priceTicks: number, extent: CurveExtent): number {
  return tenth(CURVE_HEIGHT - (priceTicks / extent.priceTicks) * CURVE_HEIGHT);
}

/** The next number of the series 1, 1.5, 2, 3, 4, 5, 6, 8, 10, 15 ... */
export function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  const factor = [1, 1.5, 2, 3, 4, 5, 6, 8, 10].find((candidate) => candidate * power >= value - 1e-9) ?? 10;
  return factor * power;
}

function tenth(value: number): number {
  return Math.round(value * 10) / 10;
}
