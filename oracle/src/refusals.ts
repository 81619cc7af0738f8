import type { Logger } from "pino";

import type { Refusal, RefusalReason } from "./sources/message.ts";

/** Counts refusals by reason, and logs them without letting one broken sensor fill the disk. */
export type RefusalLog = {
  note(refusal: Refusal): void;
  /** Counts since the start. */
  counts(): Partial<Record<RefusalReason, number>>;
};

/** Of each reason, node and input the first few are logged, then one in so many. */
const LOGGED_FIRST = 5;
const LOGGED_EVERY = 1_000;
/** Nodes and inputs remembered; beyond that, strangers share one place. */
const MAX_PLACES = 10_000;

const SENTENCES: Record<RefusalReason, string> = {
  "unknown-topic": "Message on a topic that is none of ours",
  "too-large": "Message is too large",
  "malformed-json": "Message is not the JSON it should be",
  "malformed-number": "Message is not a number",
  "malformed-time": "Message has a time that is none",
  "malformed-name": "Name of an input is none",
  "malformed-csv": "List of values is not what the node should send",
  "malformed-line": "Line is not what the device should send",
  "malformed-frame": "Radio frame is not what the node should send",
  "malformed-telegram": "Telegram is not what a smart meter should send",
  "bad-checksum": "Checksum is wrong: something was lost on the way",
  "unknown-node": "Node is not in the config",
  "two-sources": "Node comes from two sources, only one of them is used",
  "not-allowed": "Key is limited to another node",
  "not-a-number": "Input has no number",
  "out-of-range": "Input is out of range",
  "retained-without-time": "Retained message without a time",
  "from-the-future": "Message comes from the future: check the sender's clock",
  "too-old": "Message is too old: check the sender's clock",
  "out-of-order": "Reading is older than the last one",
  duplicate: "Reading was there already",
  spike: "Reading implies more power than the fuse allows, it waits for the next",
  "counter-fell": "Counter fell, it waits for the next reading",
  "counter-zero": "Counter shows 0, it waits for the next reading",
  "unknown-input": "Input is not in the config, it is ignored",
};

export function createRefusalLog(log: Logger): RefusalLog {
  const counts = new Map<RefusalReason, number>();
  const places = new Map<string, number>();
  return {
    note(refusal) {
      const { reason, node, input, detail } = refusal;
      counts.set(reason, (counts.get(reason) ?? 0) + 1);
      const place = `${reason} ${node} ${input ?? ""}`;
      const key = places.has(place) || places.size < MAX_PLACES ? place : reason;
      const seen = (places.get(key) ?? 0) + 1;
      places.set(key, seen);
      const first = reason === "unknown-input" ? 1 : LOGGED_FIRST;
      if (seen > first && (reason === "unknown-input" || seen % LOGGED_EVERY !== 0)) return;
      // Duplicates are what QoS 1 promises; unknown inputs are every voltage and temperature.
      const level = reason === "duplicate" || reason === "unknown-input" ? "info" : "warn";
      log[level](
        { event: "refused", reason, node, input, detail, seen },
        `${SENTENCES[reason]}: ${node}${input ? `/${input}` : ""}, ${detail}`,
      );
    },
    counts: () => Object.fromEntries(counts),
  };
}
