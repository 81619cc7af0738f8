import { createPublicClient, custom, encodeAbiParameters, encodeEventTopics, type Hex, numberToHex, pad } from "viem";
import { describe, expect, it } from "vitest";

import type { Deployment } from "@commonwatt/sdk/deployment";
import { energyTokenAbi } from "@commonwatt/sdk/generated/abis";
import { meterNumber, tokenId } from "@commonwatt/sdk/ids";

import { at, BUYER, MARKETPLACE, SELLER, TOKEN, ZERO } from "../testing/chunk.ts";
import { LedgerReader } from "./ledger-reader.ts";

const deployment: Deployment = {
  name: "Street",
  chainId: 31337,
  deploymentBlock: 1,
  neighbourhood: BUYER,
  token: TOKEN,
  marketplace: MARKETPLACE,
  currency: SELLER,
  deviceRegistry: SELLER,
  accessManager: SELLER,
};

/** A chain in which each block mints the seller as many Wh as it is told, and a count of what was asked of it. */
class TestChain {
  /** Wh minted in block 1, 2, ... */
  readonly minted: number[];
  /** Goes into the blocks' hashes: a chain begun anew has other hashes. */
  fork = 0;
  readonly ranges: string[] = [];

  constructor(minted: number[]) {
    this.minted = minted;
  }

  request = ({ method, params }: { method: string; params?: unknown }): Promise<unknown> => {
    const [first] = (params ?? []) as [unknown];
    switch (method) {
      case "eth_blockNumber":
        return Promise.resolve(numberToHex(this.minted.length));
      case "eth_getBlockByNumber":
        return Promise.resolve({ number: first, hash: this.hashOf(Number(first)), timestamp: "0x0", transactions: [] });
      case "eth_call":
        return Promise.resolve(pad("0x1c"));
      case "eth_getLogs": {
        const { fromBlock, toBlock } = first as { fromBlock: Hex; toBlock: Hex };
        this.ranges.push(`${Number(fromBlock)}-${Number(toBlock)}`);
        return Promise.resolve(
          this.minted.flatMap((wh, index) => this.logs(wh, index + 1, Number(fromBlock), Number(toBlock))),
        );
      }
      default:
        return Promise.reject(new Error(`${method} is not expected here`));
    }
  };

  private hashOf(block: number): Hex {
    return pad(numberToHex(this.fork * 1_000_000 + block));
  }

  private logs(wh: number, block: number, from: number, to: number): unknown[] {
    if (wh === 0 || block < from || block > to) return [];
    return [
      {
        address: TOKEN,
        topics: encodeEventTopics({
          abi: energyTokenAbi,
          eventName: "TransferSingle",
          args: { operator: BUYER, from: ZERO, to: SELLER },
        }),
        data: encodeAbiParameters(
          [{ type: "uint256" }, { type: "uint256" }],
          [tokenId(meterNumber(1), at(50)), BigInt(wh)],
        ),
        blockNumber: numberToHex(block),
        blockHash: this.hashOf(block),
        transactionHash: pad(numberToHex(block)),
        transactionIndex: "0x0",
        logIndex: "0x0",
        removed: false,
      },
    ];
  }
}

function readerOf(chain: TestChain): LedgerReader {
  return new LedgerReader(createPublicClient({ transport: custom(chain, { retryCount: 0 }) }), deployment);
}

const held = (progress: Awaited<ReturnType<LedgerReader["step"]>>) =>
  progress.books.balances.get(SELLER)?.get(1)?.get(at(50));

describe("reading the ledger", () => {
  it("reads each block once, and only new ones after that", async () => {
    const chain = new TestChain([0, 5, 0]);
    const reader = readerOf(chain);
    expect(held(await reader.step())).toBe(5n);
    chain.minted.push(7);
    expect(held(await reader.step())).toBe(12n);
    await reader.step();
    expect(chain.ranges).toEqual(["1-3", "4-4"]);
  });

  it("reads a long history in steps, and calls it whole only at its end", async () => {
    const chain = new TestChain(Array.from({ length: 4_500 }, () => 1));
    const reader = readerOf(chain);
    const states = [await reader.step(), await reader.step(), await reader.step()];
    expect(states.map(({ complete, books }) => [complete, books.toBlock])).toEqual([
      [false, 2_000n],
      [false, 4_000n],
      [true, 4_500n],
    ]);
  });

  it("enters a chunk once however many ask for it at the same time", async () => {
    const chain = new TestChain([5]);
    const reader = readerOf(chain);
    const [first, second] = await Promise.all([reader.step(), reader.step()]);
    expect(first).toBe(second);
    expect(held(await reader.step())).toBe(5n);
  });

  it("begins anew when the blocks it read are replaced, or fewer than it read", async () => {
    const chain = new TestChain([5, 5]);
    const reader = readerOf(chain);
    expect(held(await reader.step())).toBe(10n);
    chain.fork = 1;
    chain.minted.splice(0, 2, 1, 1, 1);
    expect(held(await reader.step())).toBe(3n);
    chain.fork = 2;
    chain.minted.splice(0, 3, 8);
    expect(held(await reader.step())).toBe(8n);
  });
});
