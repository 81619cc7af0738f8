import type { Decoded } from "../../intake/intake.ts";
import { readJson, readTextInputs, splitList, type TimedInputs } from "./inputs.ts";
import { MAX_LINE_BYTES } from "./limits.ts";
import { decoded, quote, refusal } from "./refuse.ts";
import { isName } from "./scalars.ts";

/**
 * Reads a line that a device writes to its serial port: `MSG:1,Vrms:245.1,P1:100,E1:5`, `ct1:3935,t1:12.5`, or JSON.
 * A line with a broken pair is refused as a whole, for bytes of it were lost and the other values may be wrong as well; a
 * value that the device itself has no number for is refused alone.
 *
 * @param node - The node that the port stands for.
 */
export function decodeTextLine(node: string, line: string): Decoded {
  const text = line.trim();
  if (text === "") return { messages: [], refusals: [] };
  const inputs = text.startsWith("{") ? readJson(node, text) : readPairs(node, text);
  if ("reason" in inputs) return { messages: [], refusals: [inputs] };
  return decoded({ node, timeMs: inputs.timeMs, values: inputs.values }, inputs.refusals);
}

function readPairs(node: string, text: string): TimedInputs {
  const malformed = () =>
    refusal("malformed-line", node, `${quote(text)}, expected name:value pairs such as P1:100,E1:5`);
  const fields = text.length <= MAX_LINE_BYTES ? splitList(text) : undefined;
  if (fields === undefined) return refusal("too-large", node, `line of ${text.length} characters`);
  const pairs: [string, string][] = [];
  const seen = new Set<string>();
  for (const field of fields) {
    const colon = field.indexOf(":");
    const name = field.slice(0, colon).trim();
    const value = field.slice(colon + 1).trim();
    if (colon < 0 || !isName(name) || value === "" || value.includes(":") || seen.has(name)) return malformed();
    seen.add(name);
    pairs.push([name, value]);
  }
  const inputs = readTextInputs(node, pairs);
  return "reason" in inputs ? inputs : { ...inputs, timeMs: undefined };
}
