import type { Tariff } from "@commonwatt/sdk/settlement/types";

import { plainState } from "./cases-bounds.ts";
import { honestCase, type SettleCase } from "./settle-case.ts";
import { keyOf, resident } from "./street.ts";

const LANES = 96;
const FREE: Tariff = { communityPriceTicks: 1, networkChargeTicks: 0 };
const TARIFF: Tariff = { communityPriceTicks: 1_000, networkChargeTicks: 100 };

/** Days of which one word of eight intervals has trade: each place of the four that are computed together. */
export async function loneWordCases(): Promise<SettleCase[]> {
  const found: SettleCase[] = [];
  for (const word of [0, 5, 6, 11]) {
    const some = lanes((index) => (Math.floor(index / 8) === word ? 5 : 0));
    const all = lanes(() => 3);
    const none = lanes(() => 0);
    const seller = await resident(plainState(100, 3), none, some, 0n, keyOf("seller"), false);
    const buyer = await resident(plainState(200, 9), all, none, 0n, keyOf("buyer"), false);
    found.push(honestCase(`trade in word ${word}`, TARIFF, [seller, buyer]));
  }
  return found;
}

/**
 * A home that buys a unit for a third of a tick, rounded up, and sells one for a third, rounded down: the least that a
 * meter can owe, and it is rounded up to a base unit.
 */
export async function leastPaymentCase(): Promise<SettleCase> {
  const limits = { community: false, askTicks: 1, bidTicks: 1 };
  const at = (first: number, second: number) => lanes((index) => [first, second][index] ?? 0);
  const home = await resident({ ...plainState(100, 3), ...limits }, at(1, 0), at(0, 1), 0n, keyOf("home"), false);
  const other = await resident({ ...plainState(200, 9), ...limits }, at(2, 1), at(1, 2), 0n, keyOf("other"), false);
  return honestCase("least payment", FREE, [home, other]);
}

function lanes(of: (index: number) => number): number[] {
  return Array.from({ length: LANES }, (_, index) => of(index));
}
