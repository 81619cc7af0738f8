import type { Decoded } from "../../intake/intake.ts";
import { readInputs } from "./inputs.ts";
import { decoded, quote, refused } from "./refuse.ts";
import { EXPECTED_NUMBER, EXPECTED_TIME, parseNumber, parseTime } from "./scalars.ts";

const NOTHING: Decoded = { messages: [], refusals: [] };
/** Components that measure: `em1:0`, `em1data:0` of single-phase channels, `em:0`, `emdata:0` of three-phase devices. */
const METERING = /^(em|em1|emdata|em1data):(\d)$/u;
const NESTED_HINT = 'expected JSON such as {"id":0,"total_act_energy":1234.5}';

/**
 * Reads what Shelly's energy meters publish below `shellies/`, of both generations:
 *
 * - `<device>/emeter/<channel>/<name>`: a number without time, input `emeter<channel>_<name>`; `total` and `total_returned`
 *   are Wh, `power` is W.
 * - `<device>/status/<component>`: JSON without time, inputs `em1data_0_total_act_energy` ...
 * - `<device>/events/rpc`: a notification with its time, the same inputs.
 *
 * What else such devices publish (relays, announcements) is none of ours and no mistake of theirs.
 *
 * @param levels - Of the topic, after `shellies`.
 */
export function decodeShelly(levels: readonly string[], text: string): Decoded {
  const [device = "", family = "", ...rest] = levels;
  if (family === "emeter" && rest.length === 2) return decodeEmeter(device, rest[0] ?? "", rest[1] ?? "", text);
  if (family === "status" && rest.length === 1 && METERING.test(rest[0] ?? "")) {
    const body = parseObject(text);
    if (body === undefined) return refused("malformed-json", device, `${quote(text)}, ${NESTED_HINT}`);
    return decodeComponents(device, undefined, [[rest[0] ?? "", body]]);
  }
  if (family === "events" && rest.length === 1 && rest[0] === "rpc") return decodeNotification(device, text);
  return NOTHING;
}

function decodeEmeter(device: string, channel: string, name: string, text: string): Decoded {
  if (!/^\d$/u.test(channel)) {
    return refused("unknown-topic", device, `emeter ${quote(channel)}, expected a channel from 0 to 9`);
  }
  const input = `emeter${channel}_${name}`;
  const value = parseNumber(text);
  if (value === undefined) {
    return refused("malformed-number", device, `${quote(text)}, ${EXPECTED_NUMBER}`, input);
  }
  return decoded({ node: device, timeMs: undefined, values: new Map([[input, value]]) });
}

function decodeNotification(device: string, text: string): Decoded {
  const body = parseObject(text);
  if (body === undefined) return refused("malformed-json", device, `${quote(text)}, expected a JSON object`);
  const params = fieldOf(body, "params");
  const components = isObject(params) ? Object.entries(params).filter(([name]) => METERING.test(name)) : [];
  if (components.length === 0) return NOTHING;
  const time = fieldOf(params as object, "ts");
  const timeMs = parseTime(time);
  // A Shelly that has not reached a time server yet sends null: it is then as if it had sent none.
  if (timeMs === undefined && time !== null && time !== undefined) {
    return refused("malformed-time", device, `ts ${quote(time)}, ${EXPECTED_TIME}`);
  }
  return decodeComponents(device, timeMs, components);
}

function decodeComponents(
  device: string,
  timeMs: number | undefined,
  components: readonly (readonly [string, unknown])[],
): Decoded {
  const entries = components.flatMap(([component, body]) =>
    Object.entries(isObject(body) ? body : {})
      // Flags and lists stand beside the numbers; an id is a number that measures nothing; null is no reading.
      .filter(([name, value]) => typeof value === "number" && name !== "id")
      .map(([name, value]) => [`${component.replace(":", "_")}_${name}`, value as unknown] as const),
  );
  const inputs = readInputs(device, entries);
  if ("reason" in inputs) return { messages: [], refusals: [inputs] };
  return decoded({ node: device, timeMs, values: inputs.values }, inputs.refusals);
}

function parseObject(text: string): object | undefined {
  try {
    const body: unknown = JSON.parse(text);
    return isObject(body) ? body : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function fieldOf(body: object, name: string): unknown {
  return Object.entries(body).find(([key]) => key === name)?.[1];
}
