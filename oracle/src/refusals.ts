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
/** Places (node and input) remembered of each reason; beyond that, strangers share one. */
const MAX_PLACES = 1_000;
/** After this the places are forgotten, so that names someone made up do not hide those of real devices for ever. */
const FORGET_MS = 3_600_000;
/** Lines that may be written at once, and how long it takes until there may be one more: 8,640 in a day. */
const MAX_BURST = 500;
const MS_PER_LINE = 10_000;

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
  incomplete: "Input needs another of the same message",
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
  unconfirmed: "First reading after a long gap waits for the next to confirm it",
  saturated: "Power is at the end of its 16 bits, which is no measurement",
  "unknown-input": "Input is not in the config, it is ignored",
};

/** Counts by node and input; `others` where there are too many of them. */
type Places = { counts: Map<string, Map<string, number>>; size: number; others: number };

/**
 * Creates the log. However much is refused, and under however many names, its memory is bounded, and so is what it writes:
 * a burst at once, then a line in ten seconds, which says how many were left out.
 *
 * @param nowMs - A clock that never goes back.
 */
export function createRefusalLog(log: Logger, nowMs: () => number = () => performance.now()): RefusalLog {
  const counts = new Map<RefusalReason, number>();
  const places = new Map<RefusalReason, Places>();
  let forgottenMs = nowMs();
  let lines = MAX_BURST;
  let filledMs = nowMs();
  let unlogged = 0;

  /** How often this was seen at this place, this time included. */
  function count({ reason, node, input = "" }: Refusal): number {
    const places = placesOf(reason);
    // No string is put together here: this is on the way of every message that has more inputs than the config.
    let inputs = places.counts.get(node);
    if (inputs?.has(input) !== true) {
      if (places.size >= MAX_PLACES) return ++places.others;
      places.size++;
      if (inputs === undefined) places.counts.set(node, (inputs = new Map<string, number>()));
    }
    const seen = (inputs.get(input) ?? 0) + 1;
    inputs.set(input, seen);
    return seen;
  }

  function placesOf(reason: RefusalReason): Places {
    let found = places.get(reason);
    if (found === undefined) places.set(reason, (found = { counts: new Map(), size: 0, others: 0 }));
    return found;
  }

  function mayWrite(): boolean {
    const earned = Math.floor((nowMs() - filledMs) / MS_PER_LINE);
    if (earned > 0) {
      lines = Math.min(MAX_BURST, lines + earned);
      filledMs += earned * MS_PER_LINE;
    }
    if (lines === 0) return false;
    lines--;
    return true;
  }

  return {
    note(refusal) {
      const { reason, node, input, detail } = refusal;
      counts.set(reason, (counts.get(reason) ?? 0) + 1);
      if (nowMs() - forgottenMs >= FORGET_MS) {
        places.clear();
        forgottenMs = nowMs();
      }
      const seen = count(refusal);
      const isQuiet = reason === "unknown-input" || reason === "two-sources";
      if (seen > (isQuiet ? 1 : LOGGED_FIRST) && (isQuiet || seen % LOGGED_EVERY !== 0)) return;
      if (!mayWrite()) {
        unlogged++;
        return;
      }
      // Duplicates are what QoS 1 promises; unknown inputs are every voltage and temperature.
      const level = reason === "duplicate" || reason === "unknown-input" ? "info" : "warn";
      log[level](
        { event: "refused", reason, node, input, detail, seen, ...(unlogged === 0 ? {} : { unlogged }) },
        `${SENTENCES[reason]}: ${node}${input ? `/${input}` : ""}, ${detail}`,
      );
      unlogged = 0;
    },
    counts: () => Object.fromEntries(counts),
  };
}
