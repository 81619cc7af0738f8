import { type Day, isoDay, parseIsoDay } from "@commonwatt/sdk/time";

/** First level of every topic between gateways and relays. */
const ROOT = "commonwatt";
/** Longest topic that is looked at. */
const MAX_TOPIC = 160;

/** Which neighbourhood: the same contract address may be another one on another chain. */
export type Street = { chainId: number; neighbourhood: string };

/** A signed profile on its way to the relay, or the relay's word on what became of it. */
export type EdgeTopic = { kind: "profiles" | "receipts"; meter: number; day: Day };

const streetLevel = ({ chainId, neighbourhood }: Street) => `${chainId}-${neighbourhood.toLowerCase()}`;

/** `commonwatt/<chain>-<contract>/profiles/<meter>/<YYYY-MM-DD>`, or the same with `receipts`. */
export function edgeTopic(street: Street, { kind, meter, day }: EdgeTopic): string {
  return `${ROOT}/${streetLevel(street)}/${kind}/${meter}/${isoDay(day)}`;
}

/** What a relay subscribes to: the profiles of all meters of its neighbourhood. */
export function profilesFilter(street: Street): string {
  return `${ROOT}/${streetLevel(street)}/profiles/+/+`;
}

/** What a gateway subscribes to: the receipts of one meter. */
export function receiptsFilter(street: Street, meter: number): string {
  return `${ROOT}/${streetLevel(street)}/receipts/${meter}/+`;
}

/** Whether a topic is one between gateways and relays, of any neighbourhood and well-formed or not. */
export function isEdgeTopic(topic: string): boolean {
  return topic === ROOT || topic.startsWith(`${ROOT}/`);
}

/** Reads a topic of this neighbourhood; undefined when it is none. */
export function parseEdgeTopic(street: Street, topic: string): EdgeTopic | undefined {
  if (topic.length > MAX_TOPIC) return undefined;
  const [root, level, kind, meter = "", date = "", ...more] = topic.split("/");
  if (root !== ROOT || level !== streetLevel(street) || more.length > 0) return undefined;
  if ((kind !== "profiles" && kind !== "receipts") || !/^[1-9]\d{0,9}$/u.test(meter)) return undefined;
  try {
    return { kind, meter: Number(meter), day: parseIsoDay(date) };
  } catch {
    return undefined;
  }
}
