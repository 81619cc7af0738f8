import type { Order, SettlementMeter, Tariff } from "../src/settlement/types.ts";
import type { Random } from "./random.ts";

/** Extremes of a price, and others. */
const PRICES = [0, 1, 1_000, 1_500, 65_534, 65_535];
/** Extremes of a quantity in units, and others. */
const QUANTITIES = [0, 0, 1, 2, 999, 32_766, 32_767];

/** A few orders with prices and quantities so small that ties, empty sides and zeros are common. */
export function smallMarket(random: Random): { orders: Order[]; chargeTicks: number } {
  const top = random.integer(0, 6);
  const most = random.integer(1, 4);
  const orders = random.list(random.integer(0, 7), (index) => ({
    meter: index + 1,
    askTicks: random.integer(0, top),
    bidTicks: random.integer(0, top),
    exportWh: random.chance(35) ? 0n : BigInt(random.integer(0, most)),
    importWh: random.chance(35) ? 0n : BigInt(random.integer(0, most)),
  }));
  return { orders, chargeTicks: random.chance(50) ? 0 : random.integer(0, 3) };
}

/** Meters and a tariff of a day: ties, zeros, extremes of every lane, charges, exponents, poor and rich accounts. */
export function dayMarket(random: Random, meters: number): { meters: SettlementMeter[]; tariff: Tariff } {
  const prices = random.chance(30) ? PRICES : random.list(random.integer(1, 12), () => random.integer(800, 2_200));
  const networkChargeTicks = random.chance(30) ? 0 : random.pick([1, 50, 300, 65_535]);
  const tariff = {
    communityPriceTicks: Math.min(random.pick(prices), 65_535 - networkChargeTicks),
    networkChargeTicks,
  };
  const quantity = quantities(random);
  return {
    tariff,
    meters: random.list(meters, (index) => {
      const community = random.chance(25);
      return {
        meter: 1_000 - index,
        exponent: random.chance(60) ? 0 : random.integer(0, 2),
        community,
        askTicks: community ? 0 : random.pick(prices),
        bidTicks: community ? 0 : random.pick(prices),
        balanceBaseUnits: random.chance(15) ? random.bits(24) : random.bits(55),
        imports: random.list(96, quantity),
        exports: random.list(96, quantity),
      };
    }),
  };
}

function quantities(random: Random): () => number {
  if (random.chance(20)) return () => random.pick(QUANTITIES);
  const empty = random.integer(0, 90);
  const most = random.pick([1, 3, 2_000, 32_767]);
  return () => (random.chance(empty) ? 0 : random.integer(0, most));
}
