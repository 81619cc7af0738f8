import type { Decoded } from "../../intake/intake.ts";
import type { Message, RawMessage } from "../message.ts";
import { readJson } from "./inputs.ts";
import { MAX_PAYLOAD_BYTES, MAX_TOPIC_CHARACTERS } from "./limits.ts";
import { decodeList } from "./list.ts";
import type { NodeTable } from "./node-table.ts";
import { decoded, quote, refusal, refused } from "./refuse.ts";
import { EXPECTED_NAME, EXPECTED_NUMBER, isName, parseNumber } from "./scalars.ts";
import { decodeShelly } from "./shelly.ts";

export type MqttDecoding = {
  /** First level(s) of the topics of OpenEnergyMonitor. */
  baseTopic: string;
  nodes: NodeTable;
};

/** More levels than any topic of ours has; a topic is split no farther. */
const MAX_LEVELS = 8;
const LEGACY = "emonhub/rx";
const SHELLY = "shellies";

/** The topics to subscribe to: everything that {@link decodeMqtt} can read. */
export function mqttTopics(baseTopic: string): string[] {
  return [...new Set([baseTopic, LEGACY, SHELLY])].map((base) => `${base}/#`);
}

/**
 * Reads one MQTT message of OpenEnergyMonitor or a Shelly energy meter. The topic says which format it is:
 *
 * - `<base>/<node>/<name>`, a number (nodevar, EmonESP) or an object (nested: inputs `<name>_<key>`);
 * - `<base>/<node>`, a JSON object with all inputs and their time, or CSV;
 * - `emonhub/rx/<number>/values` (legacy), values in the order of the node in the config;
 * - `shellies/...`, see {@link decodeShelly}.
 *
 * Never throws: what cannot be read is refused with the value and what was expected.
 */
export function decodeMqtt(raw: RawMessage, options: MqttDecoding): Decoded {
  const { topic, payload, retained } = raw;
  if (topic.length > MAX_TOPIC_CHARACTERS) {
    return refused(
      "unknown-topic",
      "",
      `topic of ${topic.length} characters, expected at most ${MAX_TOPIC_CHARACTERS}`,
    );
  }
  if (payload.byteLength > MAX_PAYLOAD_BYTES) {
    const detail = `${payload.byteLength} bytes on ${quote(topic)}, expected at most ${MAX_PAYLOAD_BYTES}`;
    return refused("too-large", nodeOf(topic, options.baseTopic), detail);
  }
  const text = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString("utf8").trim();
  const result = decodeTopic(topic, text, options);
  if (!retained || result.messages.every(({ timeMs }) => timeMs !== undefined)) return result;
  // The broker kept it for later subscribers: when it was measured, nobody knows.
  const node = result.messages[0]?.node ?? "";
  return refused("retained-without-time", node, `retained message on ${quote(topic)} carries no time`);
}

function decodeTopic(topic: string, text: string, { baseTopic, nodes }: MqttDecoding): Decoded {
  const legacy = levelsBelow(topic, LEGACY);
  if (legacy !== undefined) return decodeLegacy(topic, legacy, text, nodes);
  const shelly = levelsBelow(topic, SHELLY);
  const below = shelly ?? levelsBelow(topic, baseTopic) ?? [];
  const [node = "", name] = below;
  if (node === "" || !below.every(isName) || (shelly === undefined && below.length > 2)) {
    const expected = `expected ${baseTopic}/<node> or ${baseTopic}/<node>/<input>`;
    return refused("unknown-topic", node, `topic ${quote(topic)}, ${expected}; ${EXPECTED_NAME}`);
  }
  if (shelly !== undefined) return decodeShelly(shelly, text);
  if (name === undefined) {
    return text.startsWith("{") || !looksLikeList(text)
      ? decodeJson(node, text)
      : decodeList(node, text, nodes.byName(node));
  }
  return text.startsWith("{") ? decodeNested(node, name, text) : decodeNodevar(node, name, text);
}

/** `values` is a list of all values; beside it emonHub has `rssi`, one number. */
function decodeLegacy(topic: string, levels: readonly string[], text: string, nodes: NodeTable): Decoded {
  const [id = "", kind] = levels;
  if (levels.length !== 2 || !/^\d{1,5}$/u.test(id) || (kind !== "values" && kind !== "rssi")) {
    return refused("unknown-topic", id, `topic ${quote(topic)}, expected ${LEGACY}/<node number>/values`);
  }
  const definition = nodes.byId(Number(id));
  const node = definition?.name ?? id;
  return kind === "rssi" ? decodeNodevar(node, "rssi", text) : decodeList(node, text, definition);
}

function decodeNodevar(node: string, input: string, text: string): Decoded {
  const value = parseNumber(text);
  if (value === undefined) return refused("malformed-number", node, `${quote(text)}, ${EXPECTED_NUMBER}`, input);
  return decoded({ node, timeMs: undefined, values: new Map([[input, value]]) });
}

function decodeJson(node: string, text: string): Decoded {
  const inputs = readJson(node, text);
  if ("reason" in inputs) return { messages: [], refusals: [inputs] };
  return decoded({ node, timeMs: inputs.timeMs, values: inputs.values }, inputs.refusals);
}

function decodeNested(node: string, prefix: string, text: string): Decoded {
  const inputs = readJson(node, text);
  if ("reason" in inputs) return { messages: [], refusals: [inputs] };
  const values = new Map<string, number>();
  const refusals = inputs.refusals.map((entry) =>
    entry.input === undefined ? entry : refusal(entry.reason, node, entry.detail, `${prefix}_${entry.input}`),
  );
  for (const [key, value] of inputs.values) {
    const input = `${prefix}_${key}`;
    if (isName(input)) values.set(input, value);
    else refusals.push(refusal("malformed-name", node, `${quote(input)}, ${EXPECTED_NAME}`));
  }
  const message: Message = { node, timeMs: inputs.timeMs, values };
  return decoded(message, refusals);
}

/** A list holds at least one number, and none of the characters that only JSON has. */
function looksLikeList(text: string): boolean {
  return /\d/u.test(text) && !/["{}[\]:]/u.test(text);
}

function levelsBelow(topic: string, base: string): string[] | undefined {
  return topic.startsWith(`${base}/`) ? topic.slice(base.length + 1).split("/", MAX_LEVELS) : undefined;
}

function nodeOf(topic: string, baseTopic: string): string {
  return levelsBelow(topic, baseTopic)?.[0] ?? "";
}
