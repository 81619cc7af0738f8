import type { Position } from "./types.ts";

/** Only the position of something that stands in the chain. */
export function positionOf({ blockNumber, logIndex, transactionHash, timestamp }: Position): Position {
  return { blockNumber, logIndex, transactionHash, ...(timestamp === undefined ? {} : { timestamp }) };
}

/** Order of the chain. */
export function byPosition(
  a: { blockNumber: bigint; logIndex: number },
  b: { blockNumber: bigint; logIndex: number },
): number {
  return a.blockNumber === b.blockNumber ? a.logIndex - b.logIndex : a.blockNumber < b.blockNumber ? -1 : 1;
}
