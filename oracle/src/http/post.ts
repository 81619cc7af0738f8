import type { Decoded } from "../intake/intake.ts";
import { readInputs, splitList } from "../sources/decode/inputs.ts";
import { MAX_INPUTS } from "../sources/decode/limits.ts";
import { quote, refusal } from "../sources/decode/refuse.ts";
import { EXPECTED_NAME, isName, parseNumber, parseTime } from "../sources/decode/scalars.ts";
import type { Refusal } from "../sources/message.ts";
import { parseBoundedJson } from "./json.ts";
import { cleanName } from "./names.ts";
import type { Params } from "./params.ts";

/** What a request came to: its readings, or why nothing of it can be used. */
export type Upload =
  | { decoded: Decoded; /** Sent again later, its times are the same. */ absolute: boolean }
  | { failure: string; status?: number; refusals?: readonly Refusal[] };

type Entries = [name: string, value: unknown][];

/** What Emoncms drops of the lenient forms before it reads them. */
const NOISE = /[^\p{N}\p{L}_\s\-.:,]/gu;

/**
 * Reads the parameters of `input/post`: one of `fulljson` (strict JSON), `json` (lenient, keys without quotes), `csv` (named
 * 1, 2, ...) or `data` (either of the last two). A `time` parameter counts before a `time` among the values; what is no
 * time is the server's time. `null` and nothing are no reading.
 */
export function decodePost(params: Params, node: string, source: string): Upload {
  if (!isName(node)) return { failure: `Format error, node ${quote(node)}, ${EXPECTED_NAME}` };
  const fulljson = params.get("fulljson");
  const lenient = params.get("json") ?? params.get("csv") ?? params.get("data");
  if ((fulljson ?? lenient ?? "") === "") return { failure: "Request contains no data via csv, json or data tag" };
  // Rows read as values would be nonsense with a time of its own.
  if (lenient?.trimStart().startsWith("[[") === true) return { failure: "Format error, rows belong to input/bulk" };
  const entries = fulljson === undefined ? readLenient(lenient ?? "") : readStrict(fulljson);
  if (typeof entries === "string") return { failure: entries };

  const time = params.get("time");
  const ownTime = entries.find(([name]) => name === "time")?.[1];
  const timeMs = parseTime(time ?? ownTime);
  const given = entries.filter(([name, value]) => name !== "time" && value !== null);
  const inputs = readInputs(node, given);
  if ("reason" in inputs) return { failure: `Format error, ${inputs.detail}`, refusals: [inputs] };
  const { values, refusals } = inputs;
  if (values.size === 0 && refusals.length > 0) {
    const failure =
      fulljson === undefined && entries[0]?.[0] === "1" ? "csv value is not numeric" : "json value is not numeric";
    return { failure: `Format error, ${failure}`, refusals };
  }
  const messages = values.size === 0 ? [] : [{ node, timeMs, values, source }];
  return { decoded: { messages, refusals }, absolute: timeMs !== undefined };
}

function readStrict(text: string): Entries | string {
  const body = parseBoundedJson(text, 1);
  if (body === undefined || body === null) return "Error decoding JSON string (invalid or too deeply nested)";
  if (typeof body !== "object" || Array.isArray(body)) return "Input must be a JSON object";
  return Object.entries(body).map(([name, value]) => [cleanName(name), numberOf(value)]);
}

function readLenient(text: string): Entries | string {
  const fields = splitList(text.replace(NOISE, ""));
  if (fields === undefined) return `Format error, more than ${MAX_INPUTS} values`;
  const entries: Entries = [];
  let place = 0;
  for (const field of fields) {
    const [first = "", second] = field.split(":", 2);
    if (second === undefined) {
      place++;
      entries.push([String(place), numberOf(first)]);
    } else {
      const name = cleanName(first);
      if (name === "") return "Format error, json key missing or invalid character";
      entries.push([name, numberOf(second)]);
    }
  }
  return entries;
}

/** Numbers in quotes are numbers; null, and nothing at all, stay null. */
export function numberOf(value: unknown): unknown {
  if (typeof value !== "string") return value;
  const text = value.trim();
  return text === "" || text === "null" ? null : (parseNumber(text) ?? text);
}

/** For a row or message that its key may not write. */
export function notAllowed(node: string, allowed: string): Refusal {
  return refusal("not-allowed", node, `the key is limited to node ${JSON.stringify(allowed)}`);
}
