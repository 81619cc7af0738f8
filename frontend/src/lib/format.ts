import type { Address } from "viem";

import { dayStart, type Day, INTERVALS_PER_DAY } from "@commonwatt/sdk/time";
import type { BaseUnits, Ticks, Wh } from "@commonwatt/sdk/units";

/** Thousands are parted by a narrow no-break space: no reader takes it for a decimal mark. */
const GROUP = "\u202f";
/** Binds a number to its unit. */
const NBSP = "\u00a0";

/**
 * `value / 10^decimals` in decimal notation, rounded half up to `digits` places. Integers all the way.
 *
 * @example decimal(1234567n, 3, 1) // "1 234.6"
 */
export function decimal(value: bigint, decimals: number, digits: number): string {
  const sign = value < 0n ? "\u2212" : "";
  const magnitude = value < 0n ? -value : value;
  const cut = 10n ** BigInt(decimals - digits);
  const rounded = (magnitude + cut / 2n) / cut;
  const scale = 10n ** BigInt(digits);
  const whole = (rounded / scale).toString().replace(/\B(?=(?:\d{3})+$)/gu, GROUP);
  return digits === 0 ? `${sign}${whole}` : `${sign}${whole}.${(rounded % scale).toString().padStart(digits, "0")}`;
}

/** Energy exact to the watt-hour, without the unit: for columns headed "kWh". */
export function kwhNumber(energyWh: bigint): string {
  return decimal(energyWh, 3, 3);
}

/** Energy exact to the watt-hour: "1.234 kWh". */
export function kwh(energyWh: bigint | Wh): string {
  return `${kwhNumber(energyWh)}${NBSP}kWh`;
}

/** A price for headlines of contracts and bills: "0.1500 EUR/kWh". */
export function eurPerKwh(price: number | Ticks): string {
  return `${decimal(BigInt(price), 4, 4)}${NBSP}EUR/kWh`;
}

/** Energy for a headline: two decimals below 100 kWh, one below 10,000 kWh, else none. */
export function kwhShort(energyWh: bigint): string {
  const digits = energyWh < 100_000n ? 2 : energyWh < 10_000_000n ? 1 : 0;
  return `${decimal(energyWh, 3, digits)}${NBSP}kWh`;
}

/** Money rounded to the cent, "12.35 EUR"; below 10 cents to a hundredth of one, "0.0044 EUR". */
export function eur(amount: bigint | BaseUnits): string {
  const digits = amount > 0n && amount < 100_000n ? 4 : 2;
  return `${decimal(amount, 6, digits)}${NBSP}EUR`;
}

/** Money to the last base unit, trailing zeros cut down to two decimals: "0.4825 EUR". What a person agrees to pay. */
export function eurExact(amount: bigint | BaseUnits): string {
  const text = decimal(amount, 6, 6);
  return `${text.replace(/0{1,4}$/u, "")}${NBSP}EUR`;
}

/** A price per kWh in cents, without the unit: "15.00". One tick is 0.01 ct. */
export function cents(price: number | Ticks): string {
  return decimal(BigInt(price), 2, 2);
}

/** A price per kWh: "15.00 ct/kWh". */
export function centsPerKwh(price: number | Ticks): string {
  return `${cents(price)}${NBSP}ct/kWh`;
}

/** "0x12ab…89ef": enough to compare by eye, never the only form shown. */
export function shortHex(hex: string): string {
  return hex.length <= 13 ? hex : `${hex.slice(0, 6)}\u2026${hex.slice(-4)}`;
}

/** True if both are the same address, whatever their letter case. */
export function sameAddress(a: string | undefined, b: string | undefined): boolean {
  return a !== undefined && b !== undefined && a.toLowerCase() === b.toLowerCase();
}

/** An address in one form, for use as a key. */
export function addressKey(address: Address): Address {
  return address.toLowerCase() as Address;
}

const dayFormat = new Intl.DateTimeFormat("en-GB", {
  timeZone: "UTC",
  weekday: "short",
  day: "numeric",
  month: "short",
  year: "numeric",
});
const instantFormat = new Intl.DateTimeFormat("en-GB", {
  timeZone: "UTC",
  day: "numeric",
  month: "short",
  year: "numeric",
  hour: "2-digit",
  minute: "2-digit",
});

/** A UTC day: "Thu, 1 Jun 2017". */
export function dayLabel(day: number | Day): string {
  return dayFormat.format(new Date(dayStart(day as Day) * 1000));
}

/** A moment, UTC: "1 Jun 2017, 06:15". */
export function instantLabel(unixSeconds: number | bigint): string {
  return instantFormat.format(new Date(Number(unixSeconds) * 1000));
}

/**
 * The clock time at which quarter-hour `index` of a day begins; index 96 is the day's end, "24:00".
 *
 * @example quarterStart(53) // "13:15"
 */
export function quarterStart(index: number): string {
  const minutes = index * 15;
  return `${Math.floor(minutes / 60)
    .toString()
    .padStart(2, "0")}:${(minutes % 60).toString().padStart(2, "0")}`;
}

/** The clock time of a moment, UTC: "06:12". */
export function clockLabel(unixSeconds: number): string {
  return new Date(unixSeconds * 1000).toISOString().slice(11, 16);
}

/** "13:15\u201313:30". */
export function quarterLabel(index: number): string {
  return `${quarterStart(index)}\u2013${quarterStart(index + 1)}`;
}

/** A span of quarter-hours, last one included: "06:00\u201320:00", or "all day". */
export function spanLabel(first: number, last: number): string {
  if (first === 0 && last === INTERVALS_PER_DAY - 1) return "all day";
  return `${quarterStart(first)}\u2013${quarterStart(last + 1)}`;
}

/** A length of time in its largest sensible unit: "3 days", "5 min", "1 h". */
export function duration(seconds: number): string {
  if (seconds < 90) return `${Math.max(0, Math.round(seconds))}${NBSP}s`;
  if (seconds < 90 * 60) return `${Math.round(seconds / 60)}${NBSP}min`;
  if (seconds < 48 * 3600) return `${Math.round(seconds / 3600)}${NBSP}h`;
  return `${Math.round(seconds / 86_400)}${NBSP}days`;
}

/** "1 offer", "3 offers". */
export function count(n: number, one: string, many = `${one}s`): string {
  return `${n}${NBSP}${n === 1 ? one : many}`;
}
