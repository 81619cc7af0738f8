import { setTimeout as sleep } from "node:timers/promises";

import type { Deployment } from "@commonwatt/sdk/deployment";
import { type Logger, pino } from "pino";
import { type Hex, parseGwei } from "viem";
import { privateKeyToAccount } from "viem/accounts";

import type { Endpoints } from "../../src/chain/endpoints/endpoints.ts";
import { createReader } from "../../src/chain/reader.ts";
import { createRecorder } from "../../src/chain/recorder.ts";
import type { Observer } from "../../src/chain/transactions/parts.ts";
import { createTransactionStore } from "../../src/chain/transactions/store.ts";
import { createSubmitter } from "../../src/chain/transactions/submitter.ts";
import { createOutboxStore } from "../../src/outbox/outbox-store.ts";
import { pumpOutbox } from "../../src/outbox/pump.ts";
import { createRecordObserver } from "../../src/outbox/record-observer.ts";
import type { Database } from "../../src/storage/sql.ts";

export type TestSender = {
  endpoints: Endpoints;
  database: Database;
  deployment: Deployment;
  privateKey: Hex;
  nowMs: () => number;
  log?: Logger;
  confirmations?: number;
  receiptTimeoutSeconds?: number;
  maxFeeGwei?: number;
  observers?: Record<string, Observer>;
  /** Waits until the chain has done what it does by itself; whether it has one of these transactions, in a block or not. */
  calm?: (hashes: readonly Hex[]) => Promise<boolean>;
};

/** A busy node is slow to show what it has taken: so many times a round without anything to do is not the last. */
const SECOND_LOOKS = 10;
const SECOND_LOOK_MS = 50;

/** What sends profiles, as `run` puts it together, in the hands of a test. */
export function createTestSender(parts: TestSender) {
  const { endpoints, database, deployment, nowMs, confirmations = 1, receiptTimeoutSeconds = 30 } = parts;
  const { maxFeeGwei = 200, log = pino({ level: "silent" }) } = parts;
  const account = privateKeyToAccount(parts.privateKey);
  const submission = { maxBatch: 16, retrySeconds: 5, maxAttempts: 5 };
  const recorder = createRecorder(endpoints, deployment, { account: account.address, confirmations });
  const outbox = createOutboxStore(database);
  const transactions = createTransactionStore(database);
  const submitter = createSubmitter({
    endpoints,
    reader: createReader(endpoints),
    database,
    account,
    confirmations,
    receiptTimeoutSeconds,
    maxFeeWei: parseGwei(String(maxFeeGwei)),
    observers: {
      record: createRecordObserver(deployment.neighbourhood, { submission, nowMs, log }),
      ...parts.observers,
    },
    nowMs,
    log,
  });
  return {
    outbox,
    submitter,
    endpoints,
    address: account.address,
    /** A round of the oracle's sending loop. */
    async round(): Promise<boolean> {
      const moved = await submitter.look();
      const pumped = await pumpOutbox({ outbox, recorder, submitter, submission, nowMs, log });
      return moved || pumped;
    },
    /** Rounds until there is nothing to do, at most so many. */
    async rounds(most = 20): Promise<void> {
      const open = async () => (await transactions.open()).flatMap(({ attempts }) => attempts.map(({ hash }) => hash));
      let looks = 0;
      for (let count = 0; count < most;) {
        const moved = await this.round();
        const isUnderWay = (await parts.calm?.(await open())) === true;
        if (moved) count++;
        else if (isUnderWay && looks++ < SECOND_LOOKS) await sleep(SECOND_LOOK_MS);
        else return;
      }
    },
  };
}
