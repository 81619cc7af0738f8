import { deflateRawSync } from "node:zlib";

import type { Deployment } from "@commonwatt/sdk/deployment";
import { neighbourhoodAbi } from "@commonwatt/sdk/generated/abis";
import { type Address, decodeFunctionData, hexToBytes } from "viem";

import type { ChainClient } from "../run/local-chain.ts";

/** What the transactions of one function took. */
export type CallFigures = {
  transactions: number;
  gas: number;
  calldataBytes: number;
  calldataZeroBytes: number;
  /** Of each transaction by itself: a rollup compresses many together, and not worse. */
  deflatedBytes: number;
  logs: number;
  /** Topics and data; what an indexer stores of them is its own affair. */
  logBytes: number;
};

export type ChainFigures = Record<string, CallFigures>;

/**
 * By function, what an oracle's account has sent to its neighbourhood in these blocks.
 *
 * @param firstDay - What is announced and settled of earlier days is counted apart: nobody shared yet.
 */
export async function readTransactions(
  client: ChainClient,
  { neighbourhood }: Deployment,
  submitter: Address,
  { blocks: [fromBlock, toBlock], firstDay }: { blocks: readonly [bigint, bigint]; firstDay: number },
): Promise<ChainFigures> {
  const figures: ChainFigures = {};
  for (let blockNumber = fromBlock; blockNumber <= toBlock; blockNumber++) {
    const { transactions } = await client.getBlock({ blockNumber, includeTransactions: true });
    for (const { from, to, input, hash } of transactions) {
      if (to?.toLowerCase() !== neighbourhood.toLowerCase() || from.toLowerCase() !== submitter.toLowerCase()) continue;
      const receipt = await client.getTransactionReceipt({ hash });
      if (receipt.status !== "success") continue;
      const call = decodeFunctionData({ abi: neighbourhoodAbi, data: input });
      const isOfADay = call.functionName === "announce" || call.functionName === "settleDay";
      const name = isOfADay && call.args[0] < firstDay ? `${call.functionName} before` : call.functionName;
      const bytes = hexToBytes(input);
      const logBytes = receipt.logs.reduce(
        (sum, { topics, data }) => sum + 32 * topics.length + data.length / 2 - 1,
        0,
      );
      addTo(figures, name, {
        transactions: 1,
        gas: Number(receipt.gasUsed),
        calldataBytes: bytes.length,
        calldataZeroBytes: bytes.filter((byte) => byte === 0).length,
        deflatedBytes: deflateRawSync(bytes, { level: 9 }).length,
        logs: receipt.logs.length,
        logBytes,
      });
    }
  }
  return figures;
}

function addTo(figures: ChainFigures, name: string, more: CallFigures): void {
  const before = figures[name];
  if (before === undefined) {
    figures[name] = more;
    return;
  }
  for (const key of Object.keys(more) as (keyof CallFigures)[]) before[key] += more[key];
}

/** All of them together. */
export function addChains(all: readonly ChainFigures[]): ChainFigures {
  const sum: ChainFigures = {};
  for (const figures of all) for (const [name, more] of Object.entries(figures)) addTo(sum, name, { ...more });
  return sum;
}
