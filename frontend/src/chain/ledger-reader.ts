import type { Hex, PublicClient } from "viem";

import type { Deployment } from "@commonwatt/sdk/deployment";
import { energyTokenAbi } from "@commonwatt/sdk/generated/abis";
import { assembleLedger } from "@commonwatt/sdk/ledger/assemble";
import { decodeLog } from "@commonwatt/sdk/ledger/decode";
import { readLogs } from "@commonwatt/sdk/ledger/logs";
import type { LedgerEvent } from "@commonwatt/sdk/ledger/types";

import { type Books, type Chunk, emptyBooks, enter } from "../model/books.ts";

/** Most blocks one step reads: a long history comes in pieces, with progress to show. */
const STEP_BLOCKS = 2_000n;

/** Events that say what meters and devices are: later profiles are judged by them, so they are kept. */
const METER_EVENTS: ReadonlySet<LedgerEvent["eventName"]> = new Set([
  "MeterRegistered",
  "CapChanged",
  "DeviceRegistered",
  "DeviceRotated",
  "DeviceRevoked",
] as const);

export type LedgerProgress = {
  books: Books;
  /** Newest block of the chain when the step began. */
  headBlock: bigint;
  /** Whether the books have reached the newest block once: before that they are no picture of anything. */
  complete: boolean;
};

/** Reads the chain piece by piece, each block once, into {@link Books}. */
export class LedgerReader {
  readonly #client: PublicClient;
  readonly #deployment: Deployment;
  #books = emptyBooks();
  #meterEvents: LedgerEvent[] = [];
  #windowDays: number | undefined;
  #lastHash: Hex | undefined;
  #complete = false;
  #running: Promise<LedgerProgress> | undefined;

  constructor(client: PublicClient, deployment: Deployment) {
    this.#client = client;
    this.#deployment = deployment;
  }

  /** Reads at most {@link STEP_BLOCKS} more. Calls that overlap share one step: a chunk is never entered twice, and no caller can abort it for another. */
  step(): Promise<LedgerProgress> {
    this.#running ??= this.#read().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #read(): Promise<LedgerProgress> {
    const headBlock = await this.#client.getBlockNumber({ cacheTime: 0 });
    if (await this.#isReplaced(headBlock)) {
      this.#books = emptyBooks();
      this.#meterEvents = [];
      this.#lastHash = undefined;
      this.#complete = false;
    }
    const start = BigInt(this.#deployment.deploymentBlock);
    const fromBlock = this.#books.toBlock < start ? start : this.#books.toBlock + 1n;
    if (fromBlock <= headBlock) {
      const toBlock = fromBlock + STEP_BLOCKS - 1n < headBlock ? fromBlock + STEP_BLOCKS - 1n : headBlock;
      // The hash first: if the blocks are replaced while their logs are read, the next step notices.
      const { hash } = await this.#client.getBlock({ blockNumber: toBlock });
      const chunk = await this.#readChunk(fromBlock, toBlock);
      this.#books = enter(this.#books, chunk);
      this.#meterEvents.push(...chunk.events.filter(({ eventName }) => METER_EVENTS.has(eventName)));
      this.#lastHash = hash;
    }
    this.#complete ||= this.#books.toBlock >= headBlock;
    return { books: this.#books, headBlock, complete: this.#complete };
  }

  async #readChunk(fromBlock: bigint, toBlock: bigint): Promise<Chunk> {
    const { neighbourhood, token, marketplace } = this.#deployment;
    this.#windowDays ??= Number(
      await this.#client.readContract({ address: token, abi: energyTokenAbi, functionName: "retirementWindowDays" }),
    );
    const logs = await readLogs(this.#client, {
      addresses: [neighbourhood, token, marketplace],
      fromBlock,
      toBlock,
    });
    const events = logs.flatMap((log) => decodeLog(this.#deployment, log) ?? []);
    return { ...assembleLedger(this.#meterEvents, events), toBlock, windowDays: this.#windowDays };
  }

  /** Whether the last block read is no longer in the chain: a reorganisation, or a local chain started anew. */
  async #isReplaced(headBlock: bigint): Promise<boolean> {
    if (this.#lastHash === undefined) return false;
    if (headBlock < this.#books.toBlock) return true;
    if (headBlock === this.#books.toBlock) return false;
    const { hash } = await this.#client.getBlock({ blockNumber: this.#books.toBlock });
    return hash !== this.#lastHash;
  }
}
