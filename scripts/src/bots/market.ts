import type { Deployment } from "@commonwatt/sdk/deployment";
import { energyTokenAbi } from "@commonwatt/sdk/generated/abis";
import type { MeterNumber } from "@commonwatt/sdk/ids";
import { type Day, firstInterval, type Interval, interval, INTERVALS_PER_DAY } from "@commonwatt/sdk/time";
import { type Wh, wh } from "@commonwatt/sdk/units";
import type { Address } from "viem";

import type { Resident } from "../run/homes.ts";
import type { LocalChain } from "../run/local-chain.ts";
import type { Board } from "./board.ts";

/** Where the bots trade. */
export type Market = {
  readonly chain: LocalChain;
  readonly deployment: Deployment;
  readonly board: Board;
};

/** A home that a bot trades for. */
export type Trader = Resident & {
  /** What it asks for its export, ticks. */
  readonly priceTicks: number;
};

/** What a holder has of one meter's energy of a day, by interval, without zeros. */
export async function balancesOfDay(
  { chain, deployment }: Market,
  holder: Address,
  meter: MeterNumber,
  day: Day,
): Promise<Map<Interval, Wh>> {
  const first = firstInterval(day);
  const balances = await chain.client.readContract({
    address: deployment.token,
    abi: energyTokenAbi,
    functionName: "balanceOfRange",
    args: [holder, meter, first, BigInt(INTERVALS_PER_DAY)],
  });
  const held = new Map<Interval, Wh>();
  for (const [index, energy] of balances.entries()) if (energy > 0n) held.set(interval(first + index), wh(energy));
  return held;
}

/** Does something for all of a list, a few at a time, and waits for all. */
export async function forAll<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items];
  const worker = async (): Promise<void> => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: 8 }, worker));
}
