import { type Address, isHex } from "viem";

import { CommonwattError } from "../commonwatt-error.ts";
import { parseTokenId } from "../ids.ts";
import { day, formatInstant, formatInterval, interval, INTERVALS_PER_DAY, isoDay } from "../time.ts";
import { baseUnits, formatKwh, formatMoney, formatPrice, ticks, type Wh, wh } from "../units.ts";

/** How quantities of an error are shown. */
export type ErrorUnits = {
  /** Unit of the meter the error is about, where it is known: only then its registers can be told in kWh. */
  unitWh?: Wh;
  /** Symbol of the payment currency. */
  currency?: string;
};

const MAX_SECONDS = 1n << 48n;

/** The values of a contract's error, by the names of its arguments, in units that people use. */
export class ErrorValues {
  readonly #values: ReadonlyMap<string, unknown>;
  readonly #units: ErrorUnits;

  constructor(values: ReadonlyMap<string, unknown>, units: ErrorUnits = {}) {
    this.#values = values;
    this.#units = units;
  }

  /** Whether the error has an argument of this name: errors of the same name differ between contracts. */
  has(name: string): boolean {
    return this.#values.has(name);
  }

  /** Wh, as kWh. */
  energy(name: string): string {
    return formatKwh(wh(this.integer(name)));
  }

  /** A quantity in the meter's unit: kWh where the unit is known. */
  meterUnits(name: string): string {
    const units = this.integer(name);
    const { unitWh } = this.#units;
    return unitWh === undefined ? `${grouped(units)} units` : formatKwh(wh(units * unitWh));
  }

  /** Base units, as money. */
  money(name: string): string {
    return formatMoney(baseUnits(this.integer(name)), this.#units.currency);
  }

  /** Ticks, as a price. */
  price(name: string): string {
    return formatPrice(ticks(Number(this.integer(name))), this.#units.currency);
  }

  /** The index of an interval in its day, as the time at which it begins. */
  timeOfDay(name: string): string {
    const index = Number(this.integer(name)) % INTERVALS_PER_DAY;
    return formatInterval(interval(index)).replace(/^\S+ /u, "");
  }

  /** A day number, as a date. */
  day(name: string): string {
    return isoDay(day(Number(this.integer(name))));
  }

  /** Unix seconds, as a date and time. */
  instant(name: string): string {
    const seconds = this.integer(name);
    return seconds < MAX_SECONDS ? formatInstant(Number(seconds)) : "the end of time";
  }

  /** An interval, as the time at which it begins. */
  interval(name: string): string {
    return formatInterval(interval(Number(this.integer(name))));
  }

  /** A token id, as the meter and time it stands for. */
  token(name: string): string {
    const { meter, interval: at } = parseTokenId(this.integer(name));
    return `meter ${meter} at ${formatInterval(at)}`;
  }

  /** A plain number. */
  number(name: string): string {
    return grouped(this.integer(name));
  }

  /** An address, shortened. */
  address(name: string): string {
    const value = this.#get(name);
    return typeof value === "string" ? shortAddress(value as Address) : String(value);
  }

  /** Text or bytes as they are, shortened. */
  text(name: string): string {
    const value = String(this.#get(name));
    return value.length <= 24 || !isHex(value) ? value.slice(0, 80) : `${value.slice(0, 12)}…`;
  }

  integer(name: string): bigint {
    const value = this.#get(name);
    if (typeof value === "bigint" || typeof value === "number") return BigInt(value);
    throw new CommonwattError(`The error's value ${name} is no number`);
  }

  #get(name: string): unknown {
    if (!this.#values.has(name)) throw new CommonwattError(`The error has no value ${name}`);
    return this.#values.get(name);
  }
}

/** @example shortAddress("0x70997970C51812dc3A010C7d01b50e0d17dc79C8") // "0x7099…79C8" */
export function shortAddress(address: Address): string {
  return `${address.slice(0, 6)}…${address.slice(-4)}`;
}

/** A sentence that says what a contract's error means. */
export type Explanation = (values: ErrorValues) => string;

/** Explanations by the error's name. */
export type Explanations = Readonly<Record<string, Explanation>>;

function grouped(value: bigint): string {
  return value.toString().replace(/\B(?=(\d{3})+$)/gu, ",");
}
