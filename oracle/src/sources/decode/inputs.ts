import type { Refusal } from "../message.ts";
import { parseJsonText } from "./json-text.ts";
import { MAX_INPUTS } from "./limits.ts";
import { quote, refusal } from "./refuse.ts";
import { EXPECTED_NAME, EXPECTED_NUMBER, EXPECTED_TIME, isName, isValue, parseNumber, parseTime } from "./scalars.ts";

/** The values of a message, and what of it could not be used. */
export type Inputs = { values: Map<string, number>; refusals: Refusal[] };

/** Inputs with the time that came with them, or one refusal of all. */
export type TimedInputs = (Inputs & { timeMs: number | undefined }) | Refusal;

/**
 * Takes names with their values one by one. A value that is none (null stands for "no reading", never for 0) is refused for
 * itself; the others stay.
 *
 * @param entries - At most MAX_INPUTS of them, or all are refused.
 */
export function readInputs(node: string, entries: readonly (readonly [string, unknown])[]): Inputs | Refusal {
  if (entries.length > MAX_INPUTS) return tooMany(node, entries.length);
  const inputs: Inputs = { values: new Map(), refusals: [] };
  for (const [name, value] of entries) readInput(node, name, value, inputs);
  return inputs;
}

function tooMany(node: string, count: number): Refusal {
  return refusal("too-large", node, `${count} inputs, expected at most ${MAX_INPUTS}`);
}

/** Takes one name with its value. */
function readInput(node: string, name: string, value: unknown, { values, refusals }: Inputs): void {
  if (!isName(name)) refusals.push(refusal("malformed-name", node, `${quote(name)}, ${EXPECTED_NAME}`));
  else if (isValue(value)) values.set(name, value);
  else if (Number.isFinite(value))
    refusals.push(refusal("out-of-range", node, `${quote(value)}, ${EXPECTED_NUMBER}`, name));
  else refusals.push(refusal("not-a-number", node, `${quote(value)}, ${EXPECTED_NUMBER}`, name));
}

/** The same for numbers written as text; `entries` of a list, so their number is bounded by what it was split from. */
export function readTextInputs(node: string, entries: readonly (readonly [string, string])[]): Inputs | Refusal {
  return readInputs(
    node,
    entries.map(([name, text]) => [name, parseNumber(text.trim()) ?? text.trim()] as const),
  );
}

/** Reads a JSON object of inputs: `time`, where it has one, is the time of all of them. */
export function readJson(node: string, text: string): TimedInputs {
  let body: unknown;
  try {
    body = parseJsonText(text);
  } catch {
    return refusal(
      "malformed-json",
      node,
      `${quote(text)}, expected JSON such as {"P1":100,"E1":1234,"time":1720080000.1}`,
    );
  }
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    return refusal("malformed-json", node, `${quote(text)}, expected a JSON object`);
  }
  return readTimedInputs(node, body);
}

/** Reads an object of inputs, whatever its keys are called: they are taken as data, in no other way. */
export function readTimedInputs(node: string, body: object): TimedInputs {
  const time = Object.hasOwn(body, "time") ? (body as { time: unknown }).time : undefined;
  const timeMs = parseTime(time);
  // null: the sender does not know the time yet, as if it had sent none.
  if (time !== undefined && time !== null && timeMs === undefined) {
    return refusal("malformed-time", node, `time ${quote(time)}, ${EXPECTED_TIME}`);
  }
  const names = Object.keys(body);
  const count = names.length - (time === undefined ? 0 : 1);
  if (count > MAX_INPUTS) return tooMany(node, count);
  const inputs = { values: new Map<string, number>(), refusals: [], timeMs };
  // One by one, without lists of pairs: this is on the way of every message.
  for (const name of names) {
    if (name !== "time") readInput(node, name, (body as Record<string, unknown>)[name], inputs);
  }
  return inputs;
}

/** The fields of a comma-separated list, or undefined when there are too many; splits no farther than that. */
export function splitList(text: string): string[] | undefined {
  const fields = text.split(",", MAX_INPUTS + 1);
  return fields.length > MAX_INPUTS ? undefined : fields;
}
