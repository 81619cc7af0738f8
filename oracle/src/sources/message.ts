/** Why something that arrived was not used. Every refusal is counted and logged under its reason. */
export type RefusalReason =
  | "unknown-topic"
  | "too-large"
  | "malformed-json"
  | "malformed-number"
  | "malformed-time"
  | "malformed-name"
  | "malformed-csv"
  | "malformed-line"
  | "malformed-frame"
  | "malformed-telegram"
  | "bad-checksum"
  | "unknown-node"
  | "two-sources"
  | "incomplete"
  | "not-allowed"
  | "not-a-number"
  | "out-of-range"
  | "retained-without-time"
  | "from-the-future"
  | "too-old"
  | "out-of-order"
  | "duplicate"
  | "spike"
  | "counter-fell"
  | "counter-zero"
  | "unconfirmed"
  | "saturated"
  | "unknown-input";

/** One input, or a whole message, that was refused. */
export type Refusal = { reason: RefusalReason; node: string; input?: string; detail: string };

/** A message of one node in plain numbers, whatever format it came in. */
export type Message = {
  node: string;
  /** When the meter says it measured, unix milliseconds; undefined when the format carries no time. */
  timeMs: number | undefined;
  values: ReadonlyMap<string, number>;
  /** The way it came in, such as "mqtt" or "serial:/dev/ttyAMA0": a node has one at a time. */
  source?: string;
};

/** What a broker hands over. */
export type RawMessage = {
  topic: string;
  payload: Uint8Array;
  retained: boolean;
  /** The client that published it, where the broker says so. */
  client?: string | undefined;
};

/**
 * Takes a message. Resolves when it is durable (or refused for good), so that the sender may be acknowledged; rejects when
 * it must be sent again.
 */
export type MessageHandler = (message: RawMessage) => Promise<void>;
