import type { Decoded } from "../../intake/intake.ts";
import { readTextInputs, splitList } from "./inputs.ts";
import { MAX_INPUTS } from "./limits.ts";
import type { NodeDefinition } from "./node-table.ts";
import { decoded, quote, refused } from "./refuse.ts";

/**
 * Reads a comma-separated list of values, as CSV or a legacy topic has them: named by the config's definition of the node,
 * where there is one, otherwise by their place, from 0. One value beyond the defined ones is the signal strength.
 *
 * Values are numbers as a gateway has scaled them: no code or scale applies to them.
 */
export function decodeList(node: string, text: string, definition: NodeDefinition | undefined): Decoded {
  const fields = splitList(text);
  if (fields === undefined) return refused("too-large", node, `expected at most ${MAX_INPUTS} values`);
  const names = definition?.fields.map(({ name }) => name) ?? fields.map((_, index) => String(index));
  if (fields.length === names.length + 1) names.push("rssi");
  if (fields.length !== names.length) {
    return refused(
      "malformed-csv",
      node,
      `${fields.length} values in ${quote(text)}, expected the ${names.length} of the node in the config: ${names.slice(0, 8).join(", ")}`,
    );
  }
  const inputs = readTextInputs(
    node,
    fields.map((field, index) => [names[index] ?? "", field] as const),
  );
  if ("reason" in inputs) return { messages: [], refusals: [inputs] };
  return decoded({ node, timeMs: undefined, values: inputs.values }, inputs.refusals);
}
