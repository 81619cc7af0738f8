import type { Hash } from "viem";

import type { MarketOnChain, MarketReader, MeterOnChain } from "../chain/market.ts";
import type { Snapshot } from "./build-view.ts";

/** Looks at the chain again and again, and reads of a meter again only what has changed. */
export type Street = {
  /** The state as deep in the chain as it counts, and the time of the latest block. */
  look(): Promise<Snapshot & { latestTimestamp: number; lastSettledDay: number | undefined }>;
  /** Reads every meter again at the next look. */
  forget(): void;
};

type Seen = {
  block: bigint;
  hash: Hash | undefined;
  closingWindowSeconds: number;
  lastSettledDay: number | undefined;
};

/** Reads under way at a time. */
const LANES = 16;
/** Blocks of one look for events: after a longer absence every meter is read again instead. */
const MAX_BLOCKS = 1_000n;

/**
 * @param meters - Numbers of this oracle's meters.
 * @param confirmations - Blocks that must hold a change, its own included, before it counts.
 */
export function createStreet(chain: MarketReader, meters: readonly number[], confirmations: number): Street {
  const known = new Map<number, MeterOnChain>();
  let seen: Seen | undefined;
  let lastMarket: { hash: Hash | undefined; state: MarketOnChain } | undefined;
  let all = true;

  async function readMeters(numbers: readonly number[], block: bigint): Promise<void> {
    for (let from = 0; from < numbers.length; from += LANES) {
      const slice = numbers.slice(from, from + LANES);
      const read = await Promise.all(slice.map((meter) => chain.meter(meter, block)));
      for (const [index, meter] of slice.entries()) {
        const state = read[index];
        if (state === undefined) known.delete(meter);
        else known.set(meter, state);
      }
    }
  }

  async function follow(block: bigint): Promise<Seen> {
    // What was read of a block that is no longer in the chain counts for nothing.
    if (seen !== undefined && (await chain.blockHash(seen.block)) !== seen.hash) seen = undefined;
    const before = seen;
    if (before !== undefined && block <= before.block) return before;
    // Before anything is read of it: if it is replaced meanwhile, the next look finds out.
    const hash = await chain.blockHash(block);
    if (before === undefined || block - before.block > MAX_BLOCKS) {
      const closingWindowSeconds = before?.closingWindowSeconds ?? (await chain.closingWindowSeconds());
      all = true;
      return {
        block,
        hash,
        closingWindowSeconds,
        lastSettledDay: (await chain.lastSettledDay(block)) ?? before?.lastSettledDay,
      };
    }
    const { meters: concerned, settledDays } = await chain.happenings(before.block + 1n, block);
    if (!all) {
      await readMeters(
        meters.filter((meter) => concerned.has(meter)),
        block,
      );
    }
    return { ...before, block, hash, lastSettledDay: settledDays.at(-1) ?? before.lastSettledDay };
  }

  return {
    async look() {
      const latest = await chain.latest();
      const depth = BigInt(confirmations - 1);
      const next = await follow(latest.number > depth ? latest.number - depth : 0n);
      if (all) await readMeters(meters, next.block);
      // Of the same block it is the same.
      const unchanged = next.hash !== undefined && lastMarket?.hash === next.hash ? lastMarket.state : undefined;
      const market = unchanged ?? (await chain.market(next.block));
      // Only now: a look that fails half-way is repeated whole.
      lastMarket = { hash: next.hash, state: market };
      seen = next;
      all = false;
      const { block, closingWindowSeconds, lastSettledDay } = next;
      const registered = meters.flatMap((meter) => known.get(meter) ?? []);
      return {
        block,
        market,
        closingWindowSeconds,
        meters: registered,
        latestTimestamp: latest.timestamp,
        lastSettledDay,
      };
    },
    forget() {
      all = true;
    },
  };
}
