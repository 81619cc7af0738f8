import type { Message, RawMessage, Refusal, RefusalReason } from "./message.ts";

const MAX_PAYLOAD_BYTES = 65_536;
const MAX_INPUTS = 256;
const MAX_TIME_SECONDS = 0xffff_ffff;
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/iu;
/** ISO 8601. Without a zone the time is taken as UTC: the machine's own zone must not matter. */
const ISO_TIME = /^(\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)(Z|[+-]\d{2}:?\d{2})?$/u;

/**
 * Reads one message of OpenEnergyMonitor: nodevar (`<base>/<node>/<name>`, a number) or JSON (`<base>/<node>`, an object).
 *
 * @param baseTopic - First level(s) of the topic.
 * @returns The message, or why it cannot be read.
 */
export function parseMessage({ topic, payload, retained }: RawMessage, baseTopic: string): Message | Refusal {
  const levels = topic.startsWith(`${baseTopic}/`) ? topic.slice(baseTopic.length + 1).split("/") : [];
  const [node, name] = levels;
  if (node === undefined || node === "" || name === "" || levels.length > 2) {
    return refuse(
      "unknown-topic",
      levels[0] ?? "",
      `topic ${quote(topic)}, expected ${baseTopic}/<node> or ${baseTopic}/<node>/<input>`,
    );
  }
  if (payload.byteLength > MAX_PAYLOAD_BYTES) {
    return refuse("too-large", node, `${payload.byteLength} bytes, expected at most ${MAX_PAYLOAD_BYTES}`);
  }
  const text = Buffer.from(payload).toString("utf8").trim();
  const message = name === undefined ? parseJson(node, text) : parseNodevar(node, name, text);
  if ("reason" in message || message.timeMs !== undefined || !retained) return message;
  // The broker kept it for later subscribers: when it was measured, nobody knows.
  return refuse("retained-without-time", node, `retained message on ${quote(topic)} carries no time`);
}

function parseNodevar(node: string, input: string, text: string): Message | Refusal {
  const value = NUMBER.test(text) ? Number(text) : Number.NaN;
  if (!Number.isFinite(value)) {
    return { ...refuse("malformed-number", node, `${quote(text)}, expected a number such as 412 or 239.61`), input };
  }
  return { node, timeMs: undefined, values: new Map([[input, value]]), refusals: [] };
}

function parseJson(node: string, text: string): Message | Refusal {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return refuse(
      "malformed-json",
      node,
      `${quote(text)}, expected JSON such as {"P1":100,"E1":1234,"time":1720080000.1}`,
    );
  }
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    return refuse("malformed-json", node, `${quote(text)}, expected a JSON object`);
  }
  const { time, ...inputs } = body as Record<string, unknown>;
  const timeMs = time === undefined ? undefined : parseTime(time);
  if (time !== undefined && timeMs === undefined) {
    return refuse("malformed-time", node, `time ${quote(time)}, expected unix seconds or an ISO 8601 time`);
  }
  const entries = Object.entries(inputs);
  if (entries.length > MAX_INPUTS) {
    return refuse("too-large", node, `${entries.length} inputs, expected at most ${MAX_INPUTS}`);
  }
  const values = new Map<string, number>();
  const refusals: Refusal[] = [];
  for (const [input, value] of entries) {
    // null stands for "no reading", never for 0.
    if (typeof value === "number" && Number.isFinite(value)) values.set(input, value);
    else refusals.push({ ...refuse("not-a-number", node, `${quote(value)}, expected a number`), input });
  }
  return { node, timeMs, values, refusals };
}

/** Unix milliseconds, or undefined when it is no time. */
function parseTime(time: unknown): number | undefined {
  if (typeof time === "number") {
    return time >= 0 && time <= MAX_TIME_SECONDS ? Math.round(time * 1000) : undefined;
  }
  const parts = typeof time === "string" ? ISO_TIME.exec(time) : null;
  if (parts === null) return undefined;
  const milliseconds = Date.parse(`${(parts[1] ?? "").replace(" ", "T")}${parts[2] ?? "Z"}`);
  return milliseconds >= 0 && milliseconds <= MAX_TIME_SECONDS * 1000 ? milliseconds : undefined;
}

function refuse(reason: RefusalReason, node: string, detail: string): Refusal {
  return { reason, node, detail };
}

function quote(value: unknown): string {
  const text = typeof value === "number" ? String(value) : JSON.stringify(value);
  return text.length <= 100 ? text : `${text.slice(0, 97)}...`;
}
