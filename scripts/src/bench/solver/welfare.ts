import type { DayClearing, Order } from "@commonwatt/sdk/settlement/types";
import { allocateInterval } from "@commonwatt/sdk/settlement/reference/allocate";

/** What all orders of a cleared day gain together: bids, less network charge, less asks; ticks x Wh. */
export function clearedWelfare(
  intervals: readonly (readonly Order[])[],
  chargeTicks: number,
  clearing: Pick<DayClearing, "intervals">,
): bigint {
  return clearing.intervals.reduce((total, cleared, index) => {
    const orders = intervals[index] ?? [];
    return allocateInterval(orders, chargeTicks, cleared).reduce((sum, { soldWh, boughtWh }, place) => {
      const { askTicks = 0, bidTicks = 0 } = orders[place] ?? {};
      return sum + boughtWh * BigInt(bidTicks - chargeTicks) - soldWh * BigInt(askTicks);
    }, total);
  }, 0n);
}
