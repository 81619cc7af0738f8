import {
  type BaseUnits,
  baseUnits,
  CURRENCY_DECIMALS,
  MAX_TICKS,
  type Ticks,
  ticks,
  type Wh,
  wh,
} from "@commonwatt/sdk/units";

import { eurExact } from "./format.ts";

/** What a person typed, read as a value, or why it cannot be. */
export type Parsed<T> = { ok: true; value: T } | { ok: false; message: string };

const MAX_KWH_DIGITS = 9;

/**
 * Reads a price in cents per kWh, 0.01 ct steps. A comma is as good as a point.
 *
 * @example parseCents("15,5") // { ok: true, value: 1550 }
 */
export function parseCents(text: string): Parsed<Ticks> {
  const value = parseDecimal(text, 2);
  if (value === undefined)
    return { ok: false, message: "Write a price in cents, with at most two decimals: 15 or 15.25." };
  if (value > BigInt(MAX_TICKS)) return { ok: false, message: "The highest possible price is 655.35 ct/kWh." };
  return { ok: true, value: ticks(Number(value)) };
}

/**
 * Reads an amount of energy in kWh, exact to the watt-hour.
 *
 * @example parseKwh("1.25") // { ok: true, value: 1250n }
 */
export function parseKwh(text: string): Parsed<Wh> {
  const value = parseDecimal(text, 3);
  if (value === undefined) return { ok: false, message: "Write an amount in kWh, with at most three decimals: 1.25." };
  if (value === 0n) return { ok: false, message: "The amount must be more than 0 kWh." };
  return { ok: true, value: wh(value) };
}

/**
 * Reads an amount of money in euros, exact to the base unit.
 *
 * @param most - Most that can be moved, and what that is called.
 * @example parseEur("12,50", { baseUnits: 50_000_000n, what: "in your wallet" }) // { ok: true, value: 12500000n }
 */
export function parseEur(text: string, most: { baseUnits: bigint; what: string }): Parsed<BaseUnits> {
  const value = parseDecimal(text, CURRENCY_DECIMALS);
  if (value === undefined) return { ok: false, message: "Write an amount in EUR: 20 or 12.50." };
  if (value === 0n) return { ok: false, message: "The amount must be more than 0 EUR." };
  if (value > most.baseUnits)
    return { ok: false, message: `That is more than the ${eurExact(most.baseUnits)} ${most.what}.` };
  return { ok: true, value: baseUnits(value) };
}

/** Reads a plain decimal as an integer of `10^-decimals`, or undefined if it is none or too precise. */
function parseDecimal(text: string, decimals: number): bigint | undefined {
  const match = /^(\d+)(?:[.,](\d*))?$/u.exec(text.trim());
  const whole = match?.[1];
  const fraction = match?.[2] ?? "";
  if (whole === undefined || whole.length > MAX_KWH_DIGITS || fraction.length > decimals) return undefined;
  return BigInt(whole) * 10n ** BigInt(decimals) + BigInt(fraction.padEnd(decimals, "0"));
}
