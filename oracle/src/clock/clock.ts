import type { PublicClient } from "viem";

/** The one time that meters' messages, day ends and expiries are judged by. */
export type Clock = {
  /** Unix milliseconds, as of the last refresh. */
  nowMs(): number;
  /** Whether `nowMs` is right at any moment, without a look. */
  readonly isLive?: boolean;
  /** Looks again; returns at once where looking costs nothing. */
  refresh(): Promise<void>;
};

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  isLive: true,
  refresh: () => Promise.resolve(),
};

/**
 * A clock that shows the timestamp of the latest block: in simulation and replay the chain's time is everyone's. It
 * never goes back, not even when the node answers from an older block.
 */
export function createChainClock(client: Pick<PublicClient, "getBlock">): Clock {
  let nowMs = 0;
  let looking: Promise<void> | undefined;
  async function look(): Promise<void> {
    const { timestamp } = await client.getBlock({ blockTag: "latest" });
    nowMs = Math.max(nowMs, Number(timestamp) * 1000);
  }
  return {
    nowMs: () => nowMs,
    async refresh() {
      // A look that began earlier may show an older block than the caller knows of, so only queue behind it.
      await looking?.catch(() => undefined);
      looking ??= look().finally(() => {
        looking = undefined;
      });
      await looking;
    },
  };
}
