import { type SignedProfile, toSignedProfile } from "@commonwatt/sdk/profile-signing";
import { isoDay } from "@commonwatt/sdk/time";
import type { Logger } from "pino";
import type { Hex } from "viem";

import type { Recorder } from "../chain/recorder.ts";
import type { ChainRefusal } from "../chain/refusal.ts";
import type { Config } from "../config/schema.ts";
import type { OutboxRow, OutboxStore } from "./outbox-store.ts";

export type PumpParts = {
  outbox: OutboxStore;
  recorder: Recorder;
  submission: Config["submission"];
  /** Unix milliseconds of the machine's clock: retries pause in real time. */
  nowMs: () => number;
  log: Logger;
};

const MAX_PAUSE_MS = 600_000;

/**
 * Moves profiles to the chain: first learns what became of what was sent, then sends the next batch and waits for it.
 *
 * @returns Whether there was anything to do.
 * @throws When the node does not answer: nothing is lost, call again later.
 */
export async function pumpOutbox(parts: PumpParts): Promise<boolean> {
  const { outbox, submission, nowMs } = parts;
  const settled = await settleSent(parts);
  const rows = await outbox.toSend(nowMs(), submission.maxBatch);
  if (rows.length === 0) return settled;
  const sendable = await withoutRefused(parts, rows);
  if (sendable.length > 0) {
    const attempt = Math.max(...sendable.map(({ attempts }) => attempts));
    const hash = await parts.recorder.send(sendable.map(toSigned), attempt);
    await outbox.markSent(
      sendable.map(({ id }) => id),
      hash,
    );
    parts.log.debug(
      { event: "sent", transaction: hash, profiles: sendable.length },
      `Sent ${sendable.length} profiles`,
    );
    await settleSent(parts);
  }
  return true;
}

/** Learns what became of the transactions under way. */
async function settleSent(parts: PumpParts): Promise<boolean> {
  const batches = Map.groupBy(await parts.outbox.sent(), ({ transactionHash }) => transactionHash);
  for (const [hash, rows] of batches) {
    if (hash !== undefined) await settleBatch(parts, hash, rows);
  }
  return batches.size > 0;
}

async function settleBatch(parts: PumpParts, hash: Hex, rows: readonly OutboxRow[]): Promise<void> {
  const outcome = await parts.recorder.outcome(hash);
  if (outcome.status !== "mined") {
    const reason =
      outcome.status === "reverted" ? `Transaction ${hash} failed` : `Transaction ${hash} was not mined in time`;
    for (const row of rows) await postpone(parts, row, reason);
    return;
  }
  const recorded = new Set(outcome.recorded.map(({ device, day }) => `${device.toLowerCase()} ${day}`));
  for (const [index, row] of rows.entries()) {
    const refusal = outcome.skipped.get(index);
    if (recorded.has(`${(row.device ?? "").toLowerCase()} ${row.profile.day}`)) await markRecorded(parts, row, hash);
    else if (refusal !== undefined) await handleRefusal(parts, row, refusal);
    else await postpone(parts, row, `Transaction ${hash} says nothing of it`);
  }
}

/** Simulates the batch, and when it would not be recorded whole, each profile of it. */
async function withoutRefused(parts: PumpParts, rows: readonly OutboxRow[]): Promise<readonly OutboxRow[]> {
  if ((await parts.recorder.simulateMany(rows.map(toSigned))) === rows.length) return rows;
  const sendable: OutboxRow[] = [];
  for (const row of rows) {
    const refusal = await parts.recorder.simulate(toSigned(row));
    if (refusal === undefined) sendable.push(row);
    else await handleRefusal(parts, row, refusal);
  }
  return sendable;
}

async function handleRefusal(parts: PumpParts, row: OutboxRow, { verdict, reason }: ChainRefusal): Promise<void> {
  if (verdict === "later") {
    await postpone(parts, row, reason);
    return;
  }
  if (verdict === "shared") {
    const day = isoDay(row.profile.day);
    await parts.outbox.reroute(row.id, "share");
    parts.log.info(
      { event: "rerouted", meter: row.meter, day },
      `Meter ${row.meter} shares: ${day} waits for its settlement`,
    );
    return;
  }
  if (verdict === "consumed") {
    // Sent before a crash, or by someone else: the same registers mean the same profile, a device signs a day only once.
    const found = await parts.recorder.findRecorded(row.meter, row.profile.day);
    const same =
      found?.importRegister === row.profile.importRegister && found.exportRegister === row.profile.exportRegister;
    if (found !== undefined && same) {
      await markRecorded(parts, row, found.transactionHash);
      return;
    }
  }
  await park(parts, row, reason);
}

async function markRecorded(
  { outbox, log }: PumpParts,
  { id, meter, profile }: OutboxRow,
  transaction: Hex,
): Promise<void> {
  await outbox.markRecorded(id, transaction);
  const day = isoDay(profile.day);
  log.info({ event: "recorded", meter, day, transaction }, `Meter ${meter}, ${day} is on chain`);
}

async function postpone(parts: PumpParts, row: OutboxRow, reason: string): Promise<void> {
  const { outbox, submission, nowMs, log } = parts;
  if (row.attempts + 1 >= submission.maxAttempts) {
    await park(parts, row, `given up after ${submission.maxAttempts} attempts: ${reason}`);
    return;
  }
  const pauseMs = Math.min(submission.retrySeconds * 1000 * 2 ** Math.min(row.attempts, 20), MAX_PAUSE_MS);
  await outbox.postpone(row.id, nowMs() + pauseMs, reason);
  const day = isoDay(row.profile.day);
  log.warn(
    { event: "postponed", meter: row.meter, day, reason, pauseMs },
    `Meter ${row.meter}, ${day} is tried again in ${Math.round(pauseMs / 1000)} s: ${reason}`,
  );
}

async function park({ outbox, log }: PumpParts, { id, meter, profile }: OutboxRow, reason: string): Promise<void> {
  await outbox.park(id, reason);
  const day = isoDay(profile.day);
  log.error(
    { event: "parked", meter, day, reason },
    `Meter ${meter}, ${day} is parked, its energy stays in the registers: ${reason}`,
  );
}

function toSigned({ id, profile, signature }: OutboxRow): SignedProfile {
  if (signature === undefined) throw new Error(`outbox row ${id} has no signature`);
  return toSignedProfile(profile, signature);
}
