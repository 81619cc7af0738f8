import { createClient, custom, numberToHex } from "viem";
import { describe, expect, it } from "vitest";

import { day, dayStart } from "../time.ts";
import { tariffByEvents } from "./tariffs.ts";
import type { TariffEntry } from "./types.ts";

const at = (blockNumber: bigint) => ({ blockNumber, logIndex: 0, transactionHash: numberToHex(blockNumber) });
/** A tariff queued on a day, which is its block's number; its price tells it from others. */
const queued = (on: number, effectiveDay: number, communityPriceTicks: number): TariffEntry => ({
  ...at(BigInt(on)),
  timestamp: BigInt(dayStart(day(on)) + 3_600),
  effectiveDay: day(effectiveDay),
  communityPriceTicks,
  networkChargeTicks: 1,
});
const silent = createClient({
  transport: custom({ request: ({ method }) => Promise.reject(new Error(`unexpected ${method}`)) }),
});
const priceOf = async (tariffs: readonly TariffEntry[], of: number, before = 1_000n) =>
  (await tariffByEvents(silent, tariffs, day(of), at(before)))?.communityPriceTicks;

const DEPLOYED = queued(100, 100, 1_000);

describe("the tariff of a day by what was queued", () => {
  it("is the last whose first day has begun", async () => {
    const tariffs = [DEPLOYED, queued(105, 110, 2_000), queued(115, 120, 3_000)];
    const prices = await Promise.all([100, 109, 110, 119, 120, 500].map((of) => priceOf(tariffs, of)));
    expect(prices).toEqual([1_000, 1_000, 2_000, 2_000, 3_000, 3_000]);
  });

  it("is not one that was replaced before it began, by an earlier or a later one", async () => {
    const later = [DEPLOYED, queued(105, 110, 2_000), queued(106, 120, 3_000)];
    expect(await Promise.all([110, 119, 120].map((of) => priceOf(later, of)))).toEqual([1_000, 1_000, 3_000]);
    const earlier = [DEPLOYED, queued(105, 120, 2_000), queued(106, 110, 3_000)];
    expect(await Promise.all([109, 110, 120].map((of) => priceOf(earlier, of)))).toEqual([1_000, 3_000, 3_000]);
  });

  it("counts one as begun from its first day on", async () => {
    expect(await priceOf([DEPLOYED, queued(105, 110, 2_000), queued(110, 112, 3_000)], 111)).toBe(2_000);
  });

  it("knows nothing of what was queued after the settlement, nor of days before all tariffs", async () => {
    const tariffs = [DEPLOYED, queued(105, 110, 2_000)];
    expect(await priceOf(tariffs, 111, 105n)).toBe(1_000);
    expect(await priceOf(tariffs, 99)).toBeUndefined();
    expect(await priceOf([], 111)).toBeUndefined();
  });

  it("asks the node for the times of blocks that the events do not carry", async () => {
    const request = ({ params }: { params?: unknown }): Promise<unknown> => {
      const [number] = params as [`0x${string}`];
      return Promise.resolve({ number, timestamp: numberToHex(dayStart(day(Number(number)))), transactions: [] });
    };
    const client = createClient({ transport: custom({ request }) });
    const tariffs = [queued(100, 100, 1_000), queued(105, 110, 2_000), queued(106, 120, 3_000)];
    for (const tariff of tariffs) delete tariff.timestamp;
    expect(await tariffByEvents(client, tariffs, day(115), at(1_000n))).toEqual({
      communityPriceTicks: 1_000,
      networkChargeTicks: 1,
    });
  });
});
