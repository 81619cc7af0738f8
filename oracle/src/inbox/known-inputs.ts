import type { MeterConfig } from "../config/schema.ts";
import { inputsOf } from "../readings/readings.ts";
import type { Message, Refusal } from "../sources/message.ts";

/** Of a message what the config names, and its JSON. */
export type KnownPart = { values: ReadonlyMap<string, number>; body: string };

/** Takes from a message what the config names: undefined when that is nothing. The rest is told to `note`. */
export type KnownInputs = (message: Message, note: (refusal: Refusal) => void) => KnownPart | undefined;

/** Only what is known is stored: strangers cost a look into a map, and no disk. */
export function createKnownInputs(meters: readonly MeterConfig[]): KnownInputs {
  /** By node and input: the key of the JSON. */
  const keys = new Map<string, Map<string, string>>();
  for (const meter of meters) {
    const ofNode = keys.get(meter.node) ?? new Map<string, string>();
    for (const input of inputsOf(meter)) ofNode.set(input, `${JSON.stringify(input)}:`);
    keys.set(meter.node, ofNode);
  }
  return ({ node, values }, note) => {
    const ofNode = keys.get(node);
    let body = "";
    const known = new Map<string, number>();
    for (const [input, value] of values) {
      const key = ofNode?.get(input);
      if (key === undefined) {
        note({ reason: "unknown-input", node, input, detail: "no meter of the config uses it" });
      } else if (!Number.isFinite(value)) {
        note({ reason: "not-a-number", node, input, detail: `${value}, expected a finite number` });
      } else {
        body += known.size === 0 ? `${key}${value}` : `,${key}${value}`;
        known.set(input, value);
      }
    }
    return known.size === 0 ? undefined : { values: known, body: `{${body}}` };
  };
}
