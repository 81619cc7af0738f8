import type { Order } from "@commonwatt/sdk/settlement/types";
import type { Highs, ModelData } from "highs";

/** What an LP solver says of the auctions of a day. */
export type LpSolution = {
  /** What all orders gain together, ticks x Wh. */
  welfare: number;
  /** Of each interval: the shadow price of a Wh, ticks. */
  pricesTicks: number[];
  /** Of each interval: energy sold. Where orders at the price agree with each other, one of several optima. */
  volumesWh: number[];
};

/** One order of the LP: a column. */
type Column = { interval: number; gainTicks: number; wh: number; sells: boolean };

/**
 * The welfare problem of a day as a linear programme: choose how much of each order is filled, from nothing to all of it, so
 * that in every interval as much is sold as bought and the sum of bids, less network charge, less asks is greatest.
 *
 * @param intervals - Orders of each interval, quantities below 2^53 Wh.
 */
function welfareModel(
  highs: Highs,
  intervals: readonly (readonly Order[])[],
  chargeTicks: number,
): { model: ModelData; columns: Column[] } {
  const columns = intervals.flatMap((orders, interval) =>
    orders.flatMap(({ askTicks, bidTicks, exportWh, importWh }): Column[] => [
      ...(exportWh > 0n ? [{ interval, gainTicks: -askTicks, wh: Number(exportWh), sells: true }] : []),
      ...(importWh > 0n ? [{ interval, gainTicks: bidTicks - chargeTicks, wh: Number(importWh), sells: false }] : []),
    ]),
  );
  const balanced = new Float64Array(intervals.length);
  const model: ModelData = {
    numCols: columns.length,
    numRows: intervals.length,
    sense: highs.constants.objectiveSense.maximize,
    colCost: Float64Array.from(columns, ({ gainTicks }) => gainTicks),
    colLower: new Float64Array(columns.length),
    colUpper: Float64Array.from(columns, ({ wh }) => wh),
    rowLower: balanced,
    rowUpper: balanced,
    matrix: {
      format: "csc",
      numRows: intervals.length,
      numCols: columns.length,
      starts: Int32Array.from({ length: columns.length + 1 }, (_, column) => column),
      indices: Int32Array.from(columns, ({ interval }) => interval),
      // Bought less sold is 0: the row's shadow price is then what a Wh is worth.
      values: Float64Array.from(columns, ({ sells }) => (sells ? -1 : 1)),
    },
  };
  return { model, columns };
}

/**
 * Solves the welfare problem of a day with HiGHS.
 *
 * @throws Error when HiGHS finds no optimum.
 */
export function solveWelfare(highs: Highs, intervals: readonly (readonly Order[])[], chargeTicks: number): LpSolution {
  const { model, columns } = welfareModel(highs, intervals, chargeTicks);
  const volumesWh = intervals.map(() => 0);
  if (columns.length === 0) return { welfare: 0, pricesTicks: intervals.map(() => 0), volumesWh };
  return highs.withModel(model, (solver) => {
    solver.options.set("output_flag", false);
    const { modelStatus } = solver.run();
    if (modelStatus !== highs.constants.modelStatus.optimal) {
      throw new Error(`HiGHS ended with model status ${modelStatus}, expected an optimum`);
    }
    const { colValue, rowDual } = solver.getSolution();
    columns.forEach(({ interval, sells }, column) => {
      if (sells) volumesWh[interval] = (volumesWh[interval] ?? 0) + (colValue[column] ?? 0);
    });
    return { welfare: solver.getObjectiveValue(), pricesTicks: [...rowDual], volumesWh };
  });
}
