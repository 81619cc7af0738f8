import { type AbiEvent, type Address, type Client, HttpRequestError, type Log } from "viem";
import { getLogs } from "viem/actions";

import { CommonwattError, InvalidValueError } from "../commonwatt-error.ts";
import { byPosition } from "./position.ts";

/** Blocks asked for at once, unless a node refuses as many. */
export const DEFAULT_PAGE_BLOCKS = 2_000n;

export type LogQuery = {
  addresses: readonly Address[];
  /** Inclusive. */
  fromBlock: bigint;
  /** Inclusive. */
  toBlock: bigint;
  /** Only these events; left out: all. */
  events?: readonly AbiEvent[];
  /** Most blocks of one request. */
  pageBlocks?: bigint;
  signal?: AbortSignal;
};

/** A log of a block that is in the chain. */
export type MinedLog = Log<bigint, number, false>;

/**
 * Reads logs in ranges of blocks. A range that the node refuses is halved, down to one block, and grows again after:
 * nodes limit blocks, results or bytes, each its own way.
 *
 * @throws CommonwattError when a single block cannot be read; the signal's reason when aborted.
 */
export async function readLogs(client: Client, query: LogQuery): Promise<MinedLog[]> {
  const { fromBlock, toBlock, pageBlocks = DEFAULT_PAGE_BLOCKS, signal } = query;
  if (pageBlocks < 1n) throw new InvalidValueError("pageBlocks", pageBlocks, "at least 1");
  const logs: MinedLog[] = [];
  let page = pageBlocks;
  let from = fromBlock;
  while (from <= toBlock) {
    signal?.throwIfAborted();
    const to = from + page - 1n < toBlock ? from + page - 1n : toBlock;
    const found = await readPage(client, query, from, to);
    if (found instanceof Error) {
      if (from === to || isUnreachable(found)) {
        throw new CommonwattError(`The logs of blocks ${from} to ${to} cannot be read`, {
          details: found.message,
          cause: found,
        });
      }
      page = (to - from + 1n) / 2n;
      continue;
    }
    logs.push(...found);
    from = to + 1n;
    page = page * 2n < pageBlocks ? page * 2n : pageBlocks;
  }
  return logs.toSorted(byPosition);
}

async function readPage(client: Client, query: LogQuery, from: bigint, to: bigint): Promise<MinedLog[] | Error> {
  try {
    const range = { address: [...query.addresses], fromBlock: from, toBlock: to };
    return query.events === undefined
      ? await getLogs(client, range)
      : await getLogs(client, { ...range, events: query.events });
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** No answer at all: a smaller range would get none either. */
function isUnreachable(error: Error): boolean {
  const cause = error.cause;
  const http = error instanceof HttpRequestError ? error : cause instanceof HttpRequestError ? cause : undefined;
  return http !== undefined && http.status === undefined;
}
