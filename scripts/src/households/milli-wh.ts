const MILLI_WH = /^(-?)(\d{1,9})(?:\.(\d{1,3}))?$/u;

/**
 * Decimal Wh as an integer of milli-Wh, read digit by digit: no binary fraction ever touches energy.
 *
 * @param text - For example `851.167`, `12` or `-0.5`: at most 9 digits before and 3 after the point.
 * @returns milli-Wh, or undefined if the text is not such a number.
 */
export function parseMilliWh(text: string): number | undefined {
  const match = MILLI_WH.exec(text);
  if (match === null) return undefined;
  const [, sign, whole, fraction = ""] = match;
  const magnitude = Number(whole) * 1000 + Number(fraction.padEnd(3, "0"));
  return sign === "-" && magnitude !== 0 ? -magnitude : magnitude;
}

/**
 * Part `index` of `total` spread evenly over `parts`, the remainder carried from part to part: the parts differ by at
 * most 1 and add up to `total` exactly. `total` may be negative.
 */
export function evenPart(total: number, parts: number, index: number): number {
  return Math.trunc((total * (index + 1)) / parts) - Math.trunc((total * index) / parts);
}

/**
 * Whole Wh that a counter shows after so many milli-Wh: rounded to the nearest, half up.
 * Rounding the running sum and not each step carries every remainder on, so that after any number of steps the counter
 * is within 0.5 Wh of the exact total.
 */
export function counterWh(totalMilliWh: number): number {
  return Math.floor((totalMilliWh + 500) / 1000);
}
