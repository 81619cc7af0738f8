import { MAX_MAGNITUDE, MAX_NAME_CHARACTERS, MAX_NUMBER_CHARACTERS } from "./limits.ts";

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,3})?$/iu;
/** What separates levels, and what has no business in a name: controls, wildcards. */
const FORBIDDEN = /[/+#\p{Cc}]/u;
const MAX_TIME_SECONDS = 0xffff_ffff;
/** ISO 8601. Without a zone the time is taken as UTC: the machine's own zone must not matter. */
const ISO_TIME = /^(\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)(Z|[+-]\d{2}:?\d{2})?$/u;

/** What {@link parseNumber} and {@link isValue} take, for the sentence of a refusal. */
export const EXPECTED_NUMBER = "expected a number such as 412 or 239.61, of less than 2^53";

/** A decimal number written as text; undefined for everything else: NaN, Infinity, hex, units, and what is too large. */
export function parseNumber(text: string): number | undefined {
  if (text.length > MAX_NUMBER_CHARACTERS || !NUMBER.test(text)) return undefined;
  const value = Number(text);
  return isValue(value) ? value : undefined;
}

/** Whether something is a number that a meter can have sent. */
export function isValue(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value) && Math.abs(value) <= MAX_MAGNITUDE;
}

/** Whether a text can be the name of a node or an input: what the config's names can be as well. */
export function isName(text: string): boolean {
  return text.length > 0 && text.length <= MAX_NAME_CHARACTERS && text.isWellFormed() && !FORBIDDEN.test(text);
}

/** What {@link isName} takes, for the sentence of a refusal. */
export const EXPECTED_NAME = `expected a name of 1 to ${MAX_NAME_CHARACTERS} characters without '/', '+', '#' and control characters`;

/** Unix milliseconds of unix seconds (with fraction, also as text) or an ISO 8601 time; undefined when it is no time. */
export function parseTime(time: unknown): number | undefined {
  if (typeof time === "number") {
    return time >= 0 && time <= MAX_TIME_SECONDS ? Math.round(time * 1000) : undefined;
  }
  if (typeof time !== "string" || time.length > MAX_NUMBER_CHARACTERS) return undefined;
  const seconds = parseNumber(time.trim());
  if (seconds !== undefined) return parseTime(seconds);
  const parts = ISO_TIME.exec(time.trim());
  if (parts === null) return undefined;
  const milliseconds = Date.parse(`${(parts[1] ?? "").replace(" ", "T")}${parts[2] ?? "Z"}`);
  return milliseconds >= 0 && milliseconds <= MAX_TIME_SECONDS * 1000 ? milliseconds : undefined;
}

/** What {@link parseTime} takes, for the sentence of a refusal. */
export const EXPECTED_TIME = "expected unix seconds or an ISO 8601 time";
