import { MAX_INPUTS } from "../sources/decode/limits.ts";
import { readInputs } from "../sources/decode/inputs.ts";
import { quote, refusal } from "../sources/decode/refuse.ts";
import { EXPECTED_NAME, EXPECTED_TIME, isName, parseNumber, parseTime } from "../sources/decode/scalars.ts";
import type { Message, Refusal } from "../sources/message.ts";
import { parseBoundedJson } from "./json.ts";
import { cleanName, cleanNode } from "./names.ts";
import type { Params } from "./params.ts";
import { notAllowed, numberOf, type Upload } from "./post.ts";
import { readTimeReference } from "./times.ts";

/** The most that a stock emonHub sends at once. */
export const MAX_ROWS = 1_000;
/** A list of rows, each a list, with objects in them. */
const MAX_DEPTH = 3;

export type BulkSender = {
  source: string;
  /** The only node that the key may write; undefined: any. */
  allowed: string | undefined;
  /** Whether a list without any row of three entries is an error: what was decrypted must be what the path says it is. */
  strict: boolean;
  nowMs: number;
};

/**
 * Reads `input/bulk`: rows `[time, node, value, value, ...]`, values named by their place from 1, or `{"name": value}`.
 * Rows with fewer than three entries are skipped. A row that cannot be used is refused for itself: the others must not wait
 * behind it for ever, as they would with a sender that keeps a batch until it hears `ok`.
 *
 * @param text - The rows, of the parameter `data` or of a compressed body.
 */
export function decodeBulk(text: string, params: Params, { source, allowed, strict, nowMs }: BulkSender): Upload {
  const rows = parseBoundedJson(text, MAX_DEPTH);
  if (!Array.isArray(rows) || rows.length === 0) {
    return { failure: "Format error, json string supplied is not valid" };
  }
  if (rows.length > MAX_ROWS) {
    return { failure: `${rows.length} rows, expected at most ${MAX_ROWS}`, status: 413 };
  }
  const reference = readTimeReference(params, nowMs);
  if (typeof reference === "string") return { failure: `Format error, ${reference} is not a time` };
  const full = rows.filter((row): row is unknown[] => Array.isArray(row) && row.length > 2);
  if (strict && full.length === 0) return { failure: "Format error, no row has a time, a node and a value" };
  const last = full.at(-1);
  const lastSeconds = last === undefined ? undefined : secondsOf(last[0]);
  const referenceMs = reference.referenceMs ?? nowMs - (lastSeconds ?? 0) * 1000;

  const messages: (Message & { timeMs: number })[] = [];
  const refusals: Refusal[] = [];
  for (const row of full) {
    const read = readRow(row, referenceMs, source);
    if ("reason" in read) refusals.push(read);
    else if (allowed !== undefined && read.message.node !== allowed) {
      refusals.push(notAllowed(read.message.node, allowed));
    } else {
      if (read.message.values.size > 0) messages.push(read.message);
      refusals.push(...read.refusals);
    }
  }
  if (messages.length === 0 && refusals.length > 0) {
    const [{ reason: first, detail } = { reason: "", detail: "" }] = refusals;
    // Somebody can put a wrong key right: a status that makes the sender keep what it has.
    if (refusals.every(({ reason }) => reason === "not-allowed")) return { failure: detail, status: 403, refusals };
    // Without the detail: it names a value, and what is answered is logged.
    return { failure: `Format error, no row can be used: ${first}`, refusals };
  }
  // What is older comes first: a reading behind a later one of the same input would be refused.
  messages.sort((a, b) => a.timeMs - b.timeMs);
  return { decoded: { messages, refusals }, absolute: reference.absolute };
}

function readRow(
  [time, node, ...values]: readonly unknown[],
  referenceMs: number,
  source: string,
): { message: Message & { timeMs: number }; refusals: readonly Refusal[] } | Refusal {
  if (typeof node !== "string" && typeof node !== "number") {
    return refusal("malformed-name", "", `node ${quote(node)}, expected a name or a number`);
  }
  const name = cleanNode(String(node));
  if (!isName(name)) return refusal("malformed-name", name, `node ${quote(name)}, ${EXPECTED_NAME}`);
  const seconds = secondsOf(time);
  const timeMs = seconds === undefined ? undefined : parseTime((referenceMs + seconds * 1000) / 1000);
  if (timeMs === undefined) return refusal("malformed-time", name, `time ${quote(time)} of a row, ${EXPECTED_TIME}`);
  // A row of more values than are taken is refused below; it need not be copied whole for that.
  const inputs = readInputs(name, entriesOf(values.slice(0, MAX_INPUTS + 1)));
  if ("reason" in inputs) return inputs;
  return { message: { node: name, timeMs, values: inputs.values, source }, refusals: inputs.refusals };
}

function entriesOf(values: readonly unknown[]): [string, unknown][] {
  const entries: [string, unknown][] = [];
  let place = 0;
  for (const value of values) {
    if (typeof value === "object" && value !== null) {
      for (const [name, named] of Object.entries(value)) entries.push([cleanName(name), numberOf(named)]);
    } else {
      place++;
      entries.push([String(place), numberOf(value)]);
    }
  }
  return entries.filter(([, value]) => value !== null);
}

function secondsOf(value: unknown): number | undefined {
  return typeof value === "number" ? value : typeof value === "string" ? parseNumber(value.trim()) : undefined;
}
