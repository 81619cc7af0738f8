import type { Deployment } from "@commonwatt/sdk/deployment";
import type { Logger } from "pino";
import { parseGwei, type PrivateKeyAccount } from "viem";

import type { Endpoints } from "./chain/endpoints/endpoints.ts";
import type { Reader } from "./chain/reader.ts";
import type { Recorder } from "./chain/recorder.ts";
import { createSubmitter, type SubmitterReport } from "./chain/transactions/submitter.ts";
import type { Clock } from "./clock/clock.ts";
import type { Config } from "./config/schema.ts";
import { createOutboxStore } from "./outbox/outbox-store.ts";
import { pumpOutbox } from "./outbox/pump.ts";
import { createRecordObserver } from "./outbox/record-observer.ts";
import { startRelayer } from "./api/start-api.ts";
import { createRelayObserver, RELAY_KIND } from "./relay/observer.ts";
import { createSetbacks, createSettlementObserver, SETTLEMENT_KINDS } from "./settlement/setbacks.ts";
import { startSettler } from "./settlement/start.ts";
import type { SettlementStatus } from "./settlement/status.ts";
import type { Database } from "./storage/sql.ts";

export type SendingParts = {
  config: Config;
  deployment: Deployment;
  endpoints: Endpoints;
  reader: Reader;
  recorder: Recorder;
  clock: Clock;
  account: PrivateKeyAccount;
  /** Only whoever may send from the account can write over it. */
  database: Database;
  /** See `View.closedAsOf`. */
  closedAsOf: () => number;
  log: Logger;
};

/** All that sends transactions from the oracle's account: the carrying, the recording, the day settlement, and members' actions. */
export type Sending = {
  /** One look and one step of each. Returns whether there was anything to do. */
  round(): Promise<boolean>;
  report(): SubmitterReport;
  settlement(): SettlementStatus | undefined;
};

/** @throws CommonwattError when the account cannot settle, see `startSettler`. */
export async function createSending(parts: SendingParts): Promise<Sending> {
  const { config, deployment, endpoints, reader, recorder, clock, account, database, closedAsOf, log } = parts;
  const outbox = createOutboxStore(database);
  const sendingParts = { submission: config.submission, nowMs: Date.now, log };
  const setbacks = createSetbacks({ ...config.submission, machineMs: Date.now, log });
  const settling = createSettlementObserver(setbacks);
  const submitter = createSubmitter({
    ...config.timing,
    ...config.submission,
    endpoints,
    reader,
    database,
    account,
    maxFeeWei: parseGwei(config.submission.maxFeeGwei.toFixed(9)),
    observers: {
      record: createRecordObserver(deployment.neighbourhood, sendingParts),
      ...Object.fromEntries(SETTLEMENT_KINDS.map((kind) => [kind, settling])),
      [RELAY_KIND]: createRelayObserver(log),
    },
    nowMs: Date.now,
    log,
  });
  const chainParts = { endpoints, submitter, account: account.address, setbacks, deployment, clock };
  const settler = await startSettler(config, { ...chainParts, outbox, log, closedAsOf });
  const relayer = startRelayer(config, {
    ...{ endpoints, submitter, database, log },
    account: account.address,
    settlement: () => settler.status(),
  });
  return {
    async round() {
      const [moved] = await Promise.allSettled([submitter.look()]);
      const [recorded] = await Promise.allSettled([pumpOutbox({ ...sendingParts, outbox, recorder, submitter })]);
      const [settled] = await Promise.allSettled([settler.round()]);
      // Last, and only when nothing else is to be sent.
      const relayed = await relayer.round();
      return relayed || [moved, recorded, settled].map(valueOf).includes(true);
    },
    report: () => submitter.report(),
    settlement: () => settler.status(),
  };
}

/** What a round came to; its error is thrown now that the other one has had its turn. */
function valueOf(result: PromiseSettledResult<boolean>): boolean {
  if (result.status === "rejected") throw result.reason;
  return result.value;
}

/**
 * Sends for as long as it is this process's turn, and begins anew with each turn: what memory holds of the account is of
 * no use once another has sent from it.
 *
 * @param turn - Another number with each turn; undefined while it is another process's.
 */
export function createSendingTurns(create: () => Promise<Sending>, turn: () => number | undefined) {
  let current: { turn: number; sending: Sending } | undefined;

  async function prepare(): Promise<Sending | undefined> {
    const now = turn();
    if (now === undefined) return (current = undefined);
    if (current?.turn !== now) current = { turn: now, sending: await create() };
    return current.sending;
  }

  return {
    /** Makes ready what sends, so that what is wrong with it is known at the start. */
    prepare,
    round: async (): Promise<boolean> => (await (await prepare())?.round()) ?? false,
    /** Null while another process sends. */
    report: () => current?.sending.report() ?? null,
    settlement: () => current?.sending.settlement(),
  };
}
