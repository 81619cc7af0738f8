import { type SignedProfile, toSignedProfile } from "@commonwatt/sdk/profile-signing";
import type { Logger } from "pino";

import { DisagreementError } from "../chain/endpoints/agree.ts";
import type { Recorder } from "../chain/recorder.ts";
import type { ChainRefusal } from "../chain/refusal.ts";
import type { Submitter } from "../chain/transactions/submitter.ts";
import type { Config } from "../config/schema.ts";
import { createOutboxStore, type OutboxRow, type OutboxStore } from "./outbox-store.ts";
import { createSetAside, type SetAside } from "./set-aside.ts";

export type PumpParts = {
  outbox: OutboxStore;
  recorder: Pick<Recorder, "recordingOf" | "simulate" | "simulateMany" | "confirmRefusal" | "findRecorded">;
  submitter: Pick<Submitter, "isFree" | "send">;
  submission: Pick<Config["submission"], "maxBatch" | "maxAttempts" | "retrySeconds">;
  /** Unix milliseconds of the machine's clock: retries pause in real time. */
  nowMs: () => number;
  log: Logger;
};

/**
 * Sends the next batch of profiles, unless a transaction is not mined yet. What becomes of it is learnt by the
 * transaction's observer.
 *
 * @returns Whether there was anything to do.
 * @throws When the node does not answer: nothing is lost, call again later.
 */
export async function pumpOutbox(parts: PumpParts): Promise<boolean> {
  const { outbox, recorder, submitter, submission, nowMs } = parts;
  if (!submitter.isFree()) return false;
  const rows = await outbox.toSend(nowMs(), submission.maxBatch);
  if (rows.length === 0) return false;
  const setAside = createSetAside(outbox, parts);
  const sendable = await withoutRefused(parts, setAside, rows);
  for (const say of setAside.said) say();
  if (sendable.length === 0) return true;
  const order = { purpose: "record", ...recorder.recordingOf(sendable.map(toSigned)) };
  return submitter.send(order, (sql, transactionId) => createOutboxStore(sql).markSent(sendable, transactionId));
}

/**
 * Simulates the batch, and when it would not be recorded whole, each profile of it. One that the endpoints disagree about
 * waits, and holds up no other.
 *
 * @throws DisagreementError when there is nothing else to send.
 */
async function withoutRefused(
  parts: PumpParts,
  setAside: SetAside,
  rows: readonly OutboxRow[],
): Promise<readonly OutboxRow[]> {
  if ((await parts.recorder.simulateMany(rows.map(toSigned))) === rows.length) return rows;
  const sendable: OutboxRow[] = [];
  let disputed: DisagreementError | undefined;
  for (const row of rows) {
    try {
      const refusal = await refusalOf(parts, row);
      if (refusal === undefined) sendable.push(row);
      else await setAsideRefused(parts, setAside, row, refusal);
    } catch (error) {
      if (!(error instanceof DisagreementError)) throw error;
      disputed ??= error;
    }
  }
  if (disputed !== undefined && sendable.length === 0 && setAside.said.length === 0) throw disputed;
  return sendable;
}

/**
 * Why the contract would refuse a profile. One endpoint's word is not enough for what cannot be taken back. Not even to
 * wait: attempts are counted, and an endpoint that goes on lying would use them up.
 */
async function refusalOf({ recorder }: PumpParts, row: OutboxRow): Promise<ChainRefusal | undefined> {
  const refusal = await recorder.simulate(toSigned(row));
  return refusal && (await recorder.confirmRefusal(toSigned(row)));
}

async function setAsideRefused(
  { recorder }: Pick<PumpParts, "recorder">,
  setAside: SetAside,
  row: OutboxRow,
  { verdict, reason }: ChainRefusal,
): Promise<void> {
  if (verdict === "later") return setAside.postpone(row, reason);
  if (verdict === "shared") return setAside.reroute(row);
  if (verdict === "consumed") {
    // Sent before a crash, or by someone else: the same registers mean the same profile, a device signs a day only once.
    const found = await recorder.findRecorded(row.meter, row.profile.day);
    if (found === "too-new") return setAside.postpone(row, "it is on chain, and not deep enough yet to count");
    const same =
      found?.importRegister === row.profile.importRegister && found.exportRegister === row.profile.exportRegister;
    if (found !== undefined && same) return setAside.markRecorded(row, found.transactionHash);
  }
  return setAside.park(row, reason);
}

function toSigned({ id, profile, signature }: OutboxRow): SignedProfile {
  if (signature === undefined) throw new Error(`outbox row ${id} has no signature`);
  return toSignedProfile(profile, signature);
}
