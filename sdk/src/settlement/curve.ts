import type { Order } from "./types.ts";

/** A step of a curve: from one quantity to the next at one price. */
export type CurveStep = { priceTicks: number; fromWh: bigint; toWh: bigint };

/** Supply and demand of one interval, for drawing: they cross at the volume and the price that cleared. */
export type PriceCurve = {
  /** Best first: ascending prices. */
  supply: CurveStep[];
  /** Best first: descending prices, each the bid less the network charge, to be compared with the asks. */
  demand: CurveStep[];
};

/**
 * Supply and demand of an interval as steps, one for each price.
 *
 * @param chargeTicks - Network charge. Bids below it can meet no price and are left out.
 */
export function priceCurve(orders: readonly Order[], chargeTicks: number): PriceCurve {
  const asks = orders.map(({ askTicks, exportWh }) => ({ priceTicks: askTicks, wh: exportWh }));
  const bids = orders.map(({ bidTicks, importWh }) => ({ priceTicks: bidTicks - chargeTicks, wh: importWh }));
  return {
    supply: steps(asks.toSorted((a, b) => a.priceTicks - b.priceTicks)),
    demand: steps(bids.filter(({ priceTicks }) => priceTicks >= 0).toSorted((a, b) => b.priceTicks - a.priceTicks)),
  };
}

function steps(sorted: readonly { priceTicks: number; wh: bigint }[]): CurveStep[] {
  const curve: CurveStep[] = [];
  for (const { priceTicks, wh } of sorted) {
    if (wh === 0n) continue;
    const last = curve.at(-1);
    if (last?.priceTicks === priceTicks) last.toWh += wh;
    else curve.push({ priceTicks, fromWh: last?.toWh ?? 0n, toWh: (last?.toWh ?? 0n) + wh });
  }
  return curve;
}
