import type { Deployment } from "@commonwatt/sdk/deployment";
import { isoDay } from "@commonwatt/sdk/time";
import type { Logger } from "pino";

import type { Recorder } from "../../chain/recorder.ts";
import type { Clock } from "../../clock/clock.ts";
import type { EdgeConfig } from "../../config/edge.ts";
import type { MessageHandler, RawMessage } from "../../sources/message.ts";
import type { Database } from "../../storage/sql.ts";
import { decodeShown, encodeReceipt, type Receipt } from "../message.ts";
import { edgeTopic, isEdgeTopic, parseEdgeTopic } from "../topics.ts";
import { digestOf, takeProfile } from "./take-profile.ts";

/** The relay's side of edge mode, in an oracle. */
export type EdgeRelay = {
  /** Takes what comes on the topics of gateways, and leaves the rest to another handler. */
  before: (handle: MessageHandler) => MessageHandler;
  /** Resolves when everything taken so far is judged. */
  settled(): Promise<void>;
  report: () => EdgeReport;
};

export type EdgeReport = {
  /** Messages that wait to be judged. */
  waiting: number;
  /** Since the start, by what was said of them; "unread": no message of ours at all. */
  answered: Readonly<Record<string, number>>;
  /** When a meter last showed a good day, and which. */
  meters: { meter: number; lastDay: string | null; lastShown: string | null }[];
};

export type EdgeRelayParts = {
  config: EdgeConfig;
  recorder: Pick<Recorder, "device" | "queuedSettings" | "queuedDevice" | "findRecorded">;
  deployment: Pick<Deployment, "chainId" | "neighbourhood">;
  database: Database;
  clock: Clock;
  /** Publishes a receipt; false when the broker is away: the gateway asks again. */
  publish: (topic: string, payload: string) => boolean;
  /** Told of a new profile in the outbox. */
  onTaken: () => void;
  log: Logger;
};

/** Messages that wait to be judged; beyond that they are dropped, and shown again by their gateways. */
const MAX_WAITING = 1_000;
/** Complaints of one meter that are logged until one of its days is good. */
const MAX_COMPLAINTS = 5;

/**
 * Judges the signed days that gateways show, one after the other, and answers each with a receipt. A message is
 * acknowledged to the broker at once: what is lost here is shown again, until a receipt is seen.
 */
export function startEdgeRelay(parts: EdgeRelayParts): EdgeRelay {
  const { config, deployment, clock, publish, onTaken, log } = parts;
  const street = { chainId: deployment.chainId, neighbourhood: deployment.neighbourhood };
  const known = new Map(config.meters.map(({ meter }) => [meter, { lastDay: -1, lastMs: 0, complaints: 0 }]));
  const answered: Record<string, number> = {};
  const queue: RawMessage[] = [];
  let working: Promise<void> | undefined;
  const count = (what: string) => {
    answered[what] = (answered[what] ?? 0) + 1;
  };

  function complain(meter: number, event: string, reason: string, day?: string): void {
    const entry = known.get(meter);
    if (entry === undefined || ++entry.complaints > MAX_COMPLAINTS) return;
    log.warn(
      { event, meter, ...(day === undefined ? {} : { day }), reason },
      `What the gateway of meter ${meter} shows${day === undefined ? "" : ` for ${day}`} is not taken: ${reason}`,
    );
  }

  async function judge({ topic, payload }: RawMessage): Promise<void> {
    const named = parseEdgeTopic(street, topic);
    const entry = named === undefined ? undefined : known.get(named.meter);
    if (named?.kind !== "profiles" || entry === undefined) {
      count("unread");
      return;
    }
    const { meter, day } = named;
    let shown: ReturnType<typeof decodeShown>;
    try {
      shown = decodeShown(payload);
      if (shown.meter !== meter || shown.profile.day !== day) throw new Error("the topic names another meter or day");
    } catch (error) {
      count("unread");
      complain(meter, "edge-unread", error instanceof Error ? error.message : String(error));
      return;
    }
    const verdict = await takeProfile(shown, {
      ...parts,
      maxOpenDays: config.maxOpenDays,
      nowSeconds: () => Math.floor(clock.nowMs() / 1000),
    });
    count(verdict.state);
    const { state, reason } = verdict;
    if (state === "rejected" || state === "refused") complain(meter, "edge-rejected", reason ?? state, isoDay(day));
    else if (state !== "early") {
      if (day > entry.lastDay)
        log.info(
          { event: "edge-taken", meter, day: isoDay(day) },
          `The gateway of meter ${meter} has shown ${isoDay(day)}`,
        );
      Object.assign(entry, { lastDay: Math.max(entry.lastDay, day), lastMs: clock.nowMs(), complaints: 0 });
      if (state === "taken") onTaken();
    }
    const at = Math.floor(clock.nowMs() / 1000);
    const receipt: Receipt = { meter, day, digest: digestOf(deployment, shown.profile), at, ...verdict };
    publish(edgeTopic(street, { kind: "receipts", meter, day }), encodeReceipt(receipt));
  }

  async function work(): Promise<void> {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      try {
        await judge(next);
      } catch (error) {
        count("failed");
        const reason = error instanceof Error ? error.message : String(error);
        log.warn(
          { event: "edge-failed", reason },
          `A gateway's day could not be judged, it will be shown again: ${reason}`,
        );
      }
    }
    working = undefined;
  }

  return {
    before: (handle) => (raw) => {
      if (!isEdgeTopic(raw.topic)) return handle(raw);
      // Receipts are our own, come back.
      if (queue.length >= MAX_WAITING) count("dropped");
      else queue.push(raw);
      working ??= work();
      return Promise.resolve();
    },
    settled: () => working ?? Promise.resolve(),
    report: () => ({
      waiting: queue.length,
      answered: { ...answered },
      meters: [...known].map(([meter, { lastDay, lastMs }]) => ({
        meter,
        lastDay: lastDay < 0 ? null : isoDay(lastDay as Parameters<typeof isoDay>[0]),
        lastShown: lastMs === 0 ? null : new Date(lastMs).toISOString(),
      })),
    }),
  };
}
