import { setImmediate as afterReading, setTimeout as pause } from "node:timers/promises";

import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";
import type { Logger } from "pino";

import type { Clock } from "../clock/clock.ts";
import type { Config } from "../config/schema.ts";
import { createInboxStore, type InboxRow } from "../inbox/inbox-store.ts";
import { createKnownInputs } from "../inbox/known-inputs.ts";
import type { RefusalLog } from "../refusals.ts";
import type { Message, Refusal } from "../sources/message.ts";
import { DatabaseFullError } from "../storage/errors.ts";
import type { Database } from "../storage/sql.ts";
import type { Decoded, Intake } from "./intake.ts";
import { createTimeCheck } from "./time-check.ts";

/** More waits to be written than there is room for in memory: send again later. */
export class IntakeOverloadedError extends CommonwattError {
  override readonly name = "IntakeOverloadedError";
}

export type IntakeParts = {
  config: Pick<Config, "meters" | "timing">;
  database: Database;
  clock: Clock;
  refusals: RefusalLog;
  log: Logger;
  /** Told of rows that are on the disk now, in their order. */
  onStored: (rows: readonly InboxRow[]) => void;
  /** Told when it is not known which rows are on the disk. */
  onUnknown: () => void;
  /** Where several processes fill one inbox: stores messages, which get their numbers there. */
  append?: (rows: readonly Omit<InboxRow, "seq">[], bodies: readonly string[]) => Promise<void>;
};

/** The intake with what its operator asks. */
export type RunningIntake = Intake & {
  /** Resolves when everything taken so far is on the disk or refused. */
  settled(): Promise<void>;
  /** Messages that wait in memory; when the last were written, by the oracle's clock; undefined before the first. */
  status(): { waiting: number; lastCommitMs: number | undefined };
};

/** A message with what was known of it at its arrival. */
type Entry = Omit<InboxRow, "seq" | "timeMs"> & { timeMs: number | undefined; body: string };

/** What is written in one transaction, and who waits for it. */
type Batch = { entries: Entry[]; needsLook: boolean; written: PromiseWithResolvers<undefined> };

const MAX_BATCH = 1_000;
/** Messages that wait in memory to be written; who has more waits for room. */
const MAX_WAITING = 20_000;
/** Messages of the callers that wait for room; beyond that they are to send again. */
const MAX_OUTSIDE = 100_000;
/** Between two transactions, times the last one took: what arrives meanwhile shares the next one, and its sync of the disk. */
const GATHER_SHARE = 4;
const MAX_GATHER_MS = 25;

/**
 * The oracle's door: what a source takes off the wire is on the disk before the source acknowledges it. Whatever arrives
 * while a transaction is under way goes into the next one, all of it together.
 */
export function createIntake(parts: IntakeParts): RunningIntake {
  const { config, database, clock, refusals, log, onStored, onUnknown, append = appendNumbered } = parts;
  const knownOf = createKnownInputs(config.meters);
  const timeOf = createTimeCheck(config.timing);
  const batches: Batch[] = [];
  /** Callers that wait for room, and how many messages they hold. */
  const callers: { count: number; admit: () => void; refuse: (error: unknown) => void }[] = [];
  let outside = 0;
  let waiting = 0;
  let writing: Promise<void> | undefined;
  /** Undefined when the disk has to be asked. */
  let lastSeq: number | undefined;
  let lastCommitMs: number | undefined;
  /** No transaction before this, by the machine's clock. */
  let nextMs = 0;
  let trouble: string | undefined;
  const note = (refusal: Refusal) => {
    refusals.note(refusal);
  };

  function entriesOf(messages: readonly Message[]): Entry[] {
    const arrivalMs = clock.nowMs();
    const entries: Entry[] = [];
    for (const message of messages) {
      const known = knownOf(message, note);
      if (known !== undefined) entries.push({ node: message.node, timeMs: message.timeMs, arrivalMs, ...known });
    }
    return entries;
  }

  /** Puts entries into the batches that wait; resolves when all of these are written. */
  function enqueue(entries: readonly Entry[]): Promise<unknown> {
    waiting += entries.length;
    const used = new Set<Batch>();
    for (const entry of entries) {
      let batch = batches.at(-1);
      if (batch === undefined || batch.entries.length >= MAX_BATCH) {
        batch = { entries: [], needsLook: false, written: Promise.withResolvers() };
        batches.push(batch);
      }
      batch.entries.push(entry);
      batch.needsLook ||= clock.isLive !== true && timeOf.needsLook(entry.timeMs, clock.nowMs());
      used.add(batch);
    }
    writing ??= write();
    const [only, ...more] = [...used].map(({ written }) => written.promise);
    return more.length === 0 && only !== undefined ? only : Promise.all([only, ...more]);
  }

  async function write(): Promise<void> {
    await Promise.resolve();
    while (batches.length > 0) {
      const restMs = nextMs - performance.now();
      if (restMs > 1 && (batches[0]?.entries.length ?? 0) < MAX_BATCH) await pause(restMs);
      // What the sockets have ready belongs into this transaction.
      else await afterReading();
      const startedMs = performance.now();
      const batch = batches.shift();
      if (batch === undefined) break;
      try {
        await writeBatch(batch);
        batch.written.resolve(undefined);
      } catch (error) {
        batch.written.reject(error);
        refuseWaiting(error);
      }
      const endedMs = performance.now();
      nextMs = endedMs + Math.min(GATHER_SHARE * (endedMs - startedMs), MAX_GATHER_MS);
      waiting -= batch.entries.length;
      admitCallers();
    }
    writing = undefined;
  }

  /** What waits must not overtake what has to come again: behind it, that would be refused as out of order. */
  function refuseWaiting(error: unknown): void {
    for (const { entries, written } of batches.splice(0)) {
      waiting -= entries.length;
      written.reject(error);
    }
    for (const { count, refuse } of callers.splice(0)) {
      outside -= count;
      refuse(error);
    }
  }

  function admitCallers(): void {
    while (waiting < MAX_WAITING) {
      const next = callers.shift();
      if (next === undefined) return;
      outside -= next.count;
      next.admit();
    }
  }

  async function writeBatch({ entries, needsLook }: Batch): Promise<void> {
    try {
      if (needsLook) await clock.refresh();
      const refused: Refusal[] = [];
      const kept = entries.flatMap(({ node, timeMs, arrivalMs, values, body }) => {
        // A clock that has to be looked at shows an arrival only afterwards.
        const arrivedMs = needsLook ? clock.nowMs() : arrivalMs;
        const time = timeOf.of({ node, timeMs }, arrivedMs);
        if (typeof time === "number") return [{ node, arrivalMs: arrivedMs, timeMs: time, values, body }];
        refused.push(time);
        return [];
      });
      if (kept.length > 0) await store(kept);
      refused.forEach(note);
    } catch (error) {
      complain(error);
      throw error;
    }
  }

  async function appendNumbered(kept: readonly Omit<InboxRow, "seq">[], bodies: readonly string[]): Promise<void> {
    lastSeq ??= await createInboxStore(database).last();
    const first = lastSeq + 1;
    const rows = kept.map(({ node, arrivalMs, timeMs, values }, index) => {
      return { seq: first + index, node, arrivalMs, timeMs, values };
    });
    await database.transaction((sql) => createInboxStore(sql).append(rows, bodies));
    lastSeq += rows.length;
    onStored(rows);
  }

  async function store(kept: readonly (Omit<InboxRow, "seq"> & { body: string })[]): Promise<void> {
    const bodies = kept.map(({ body }) => body);
    try {
      await append(kept, bodies);
    } catch (error) {
      // It may have taken place all the same.
      lastSeq = undefined;
      onUnknown();
      throw error;
    }
    lastCommitMs = clock.nowMs();
    if (trouble !== undefined) log.info({ event: "intake-resumed" }, "Messages are taken again");
    trouble = undefined;
  }

  function complain(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    if (trouble === reason) return;
    trouble = reason;
    const remedy = error instanceof DatabaseFullError ? "; free some space or lower retention.messageDays" : "";
    log.error(
      { event: "intake-failed", reason },
      `Messages cannot be stored, so their senders are not acknowledged and will send them again${remedy}: ${reason}`,
    );
  }

  return {
    take({ messages, refusals: undecoded }: Decoded): Promise<void> {
      undecoded.forEach(note);
      const entries = entriesOf(messages);
      if (entries.length === 0) return Promise.resolve();
      if (callers.length === 0 && waiting < MAX_WAITING) return enqueue(entries) as Promise<void>;
      if (outside + entries.length > MAX_OUTSIDE) {
        return Promise.reject(
          new IntakeOverloadedError(`${waiting + outside} messages wait to be stored: send again later`),
        );
      }
      outside += entries.length;
      return new Promise((resolve, reject) => {
        callers.push({
          count: entries.length,
          admit: () => {
            enqueue(entries).then(() => {
              resolve();
            }, reject);
          },
          refuse: reject,
        });
      });
    },
    async settled() {
      while (writing !== undefined) await writing;
    },
    status: () => ({ waiting: waiting + outside, lastCommitMs }),
  };
}
