import { InvalidValueError } from "../commonwatt-error.ts";
import { divideUp, wholeNumber } from "../integers.ts";
import { MAX_INTERVAL_UNITS, sumUnits, vector } from "../profile.ts";
import { MAX_TICKS } from "../units.ts";
import type { Limits, SettlementMeter, Tariff, UnfundedMeter } from "./types.ts";

const MAX_EXPONENT = 2;

/** The limits a meter trades under that day: its own, or those of the community price. */
export function limitsOf({ community, askTicks, bidTicks }: Limits & { community: boolean }, tariff: Tariff): Limits {
  if (!community) return { askTicks, bidTicks };
  const { communityPriceTicks, networkChargeTicks } = tariff;
  return { askTicks: communityPriceTicks, bidTicks: communityPriceTicks + networkChargeTicks };
}

/** Energy in Wh of a quantity in units of 10^exponent Wh. */
export function toWh(units: number, exponent: number): bigint {
  return BigInt(units) * 10n ** BigInt(exponent);
}

/**
 * What a meter must own to buy: its whole import of the day at its own bid, rounded up. Its payment is never more.
 *
 * @returns Base units; 0 for a meter without import.
 */
export function fundsNeeded(meter: SettlementMeter, tariff: Tariff): bigint {
  const importWh = sumUnits(meter.imports) * 10n ** BigInt(meter.exponent);
  return divideUp(importWh * BigInt(limitsOf(meter, tariff).bidTicks), 10n);
}

/** The meter, if its balance does not cover its import of the day at its own bid. */
export function asUnfunded(meter: SettlementMeter, tariff: Tariff): UnfundedMeter | undefined {
  const neededBaseUnits = fundsNeeded(meter, tariff);
  const { balanceBaseUnits } = meter;
  return balanceBaseUnits < neededBaseUnits ? { meter: meter.meter, balanceBaseUnits, neededBaseUnits } : undefined;
}

/**
 * Checks what can be told of meters and tariff before they are cleared.
 *
 * @throws InvalidValueError naming the value and what was expected.
 */
export function assertClearable(meters: readonly SettlementMeter[], tariff: Tariff): void {
  const { communityPriceTicks, networkChargeTicks } = tariff;
  wholeNumber("communityPriceTicks", communityPriceTicks, 0, MAX_TICKS);
  wholeNumber("networkChargeTicks", networkChargeTicks, 0, MAX_TICKS - communityPriceTicks);
  const seen = new Set<number>();
  for (const meter of meters) {
    const name = `of meter ${meter.meter}`;
    if (seen.has(meter.meter)) throw new InvalidValueError("meter", meter.meter, "each meter once");
    seen.add(meter.meter);
    wholeNumber(`exponent ${name}`, meter.exponent, 0, MAX_EXPONENT);
    wholeNumber(`askTicks ${name}`, meter.askTicks, 0, meter.community ? 0 : MAX_TICKS);
    wholeNumber(`bidTicks ${name}`, meter.bidTicks, 0, meter.community ? 0 : MAX_TICKS);
    if (meter.balanceBaseUnits < 0n) {
      throw new InvalidValueError(`balanceBaseUnits ${name}`, meter.balanceBaseUnits, "0 or more");
    }
    vector(`imports ${name}`, meter.imports, MAX_INTERVAL_UNITS);
    vector(`exports ${name}`, meter.exports, MAX_INTERVAL_UNITS);
  }
}
