import { divideUp, wholeBigint, wholeNumber } from "./integers.ts";

declare const brand: unique symbol;

/** Energy in watt-hours, never negative. */
export type Wh = bigint & { readonly [brand]: "Wh" };
/** Price of 0.0001 currency units per kWh, 0 to 65,535. */
export type Ticks = number & { readonly [brand]: "Ticks" };
/** Money in the smallest unit of the currency (6 decimals), never negative. */
export type BaseUnits = bigint & { readonly [brand]: "BaseUnits" };

/** Decimals of the payment currency. */
export const CURRENCY_DECIMALS = 6;
/** Highest price an offer can name. */
export const MAX_TICKS = 65_535;

const LIMIT = 1n << 256n;

/**
 * Energy in Wh.
 *
 * @throws InvalidValueError when negative, fractional or above 256 bits.
 * @example wh(1500) // 1.5 kWh
 */
export function wh(value: bigint | number): Wh {
  return wholeBigint("energyWh", value, LIMIT) as Wh;
}

/**
 * A price in ticks of 0.0001 currency units per kWh.
 *
 * @throws InvalidValueError when not a whole number from 0 to 65,535.
 * @example ticks(1500) // 0.15 EUR/kWh
 */
export function ticks(value: number): Ticks {
  return wholeNumber("priceTicks", value, 0, MAX_TICKS) as Ticks;
}

/**
 * Money in base units of the currency.
 *
 * @throws InvalidValueError when negative or above 256 bits.
 * @example baseUnits(1_500_000n) // 1.50 EUR
 */
export function baseUnits(value: bigint): BaseUnits {
  return wholeBigint("amountBaseUnits", value, LIMIT) as BaseUnits;
}

/**
 * What `energy` costs at `price`: ceil(Wh x ticks / 10), as the marketplace computes it for the seller's payment and,
 * separately, for the network charge. Once per fill: sums of parts round up more often than the whole.
 */
export function paymentBaseUnits(energy: Wh, price: Ticks): BaseUnits {
  return divideUp(energy * BigInt(price), 10n) as BaseUnits;
}

/**
 * Energy for people, exact to the watt-hour.
 *
 * @example formatKwh(wh(1234567)) // "1,234.567 kWh"
 */
export function formatKwh(energy: Wh): string {
  return `${fixedPoint(energy, 3, 3)} kWh`;
}

/**
 * Money for people: at least two decimals, more only where they are not zero.
 *
 * @example formatMoney(baseUnits(1_500_000n)) // "1.50 EUR"
 * @example formatMoney(baseUnits(61_835n)) // "0.061835 EUR"
 */
export function formatMoney(amount: BaseUnits, currency = "EUR"): string {
  return `${fixedPoint(amount, CURRENCY_DECIMALS, 2)} ${currency}`;
}

/**
 * A price for people: at least two decimals, more only where they are not zero.
 *
 * @example formatPrice(ticks(1500)) // "0.15 EUR/kWh"
 */
export function formatPrice(price: Ticks, currency = "EUR"): string {
  return `${fixedPoint(BigInt(price), 4, 2)} ${currency}/kWh`;
}

/** `value / 10^decimals` with thousands separated; trailing zeros are cut down to `minDecimals`. */
function fixedPoint(value: bigint, decimals: number, minDecimals: number): string {
  const scale = 10n ** BigInt(decimals);
  const whole = (value / scale).toString().replace(/\B(?=(\d{3})+$)/gu, ",");
  let fraction = (value % scale).toString().padStart(decimals, "0");
  while (fraction.length > minDecimals && fraction.endsWith("0")) fraction = fraction.slice(0, -1);
  return `${whole}.${fraction}`;
}
