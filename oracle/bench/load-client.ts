/**
 * The meters of a benchmark, in a process of their own: publishes one JSON message per meter in turn, QoS 1, and prints
 * what it achieved as one line of JSON. See `LoadOptions` for its argument, JSON too.
 */
import { setTimeout as sleep } from "node:timers/promises";

import { connectAsync, type MqttClient } from "mqtt";

/** What a client is to do. */
export type LoadOptions = {
  url: string;
  meters: number;
  /** Connections; each carries an equal share of the meters. */
  connections: number;
  /** Unacknowledged messages a connection may have. */
  window: number;
  seconds: number;
  /** Messages a second in all; 0: as many as are acknowledged. */
  rate: number;
  /** Time of the first message of each meter, unix seconds. The next is ten seconds later, whenever it is sent. */
  fromSeconds: number;
};

export type LoadResult = { acknowledged: number; seconds: number; perSecond: number; p50Ms: number; p99Ms: number };

const SECONDS_BETWEEN = 10;
const WH_BETWEEN = 3;
/** Latencies that are kept: every so many of the acknowledged messages. */
const SAMPLE_EVERY = 16;

const options = JSON.parse(process.argv[2] ?? "{}") as LoadOptions;
const clients = await Promise.all(
  Array.from({ length: options.connections }, (_, index) =>
    connectAsync(options.url, { clientId: `load-${process.pid}-${index}`, keepalive: 60 }),
  ),
);
// The server was killed: there is nothing to say about that.
for (const client of clients) {
  client.on("error", () => process.exit(1));
  client.on("close", () => process.exit(1));
}
const began = performance.now();
const until = began + options.seconds * 1000;
const latencies: number[] = [];
let acknowledged = 0;

await Promise.all(clients.map((client, index) => drive(client, index)));
const seconds = (performance.now() - began) / 1000;
latencies.sort((a, b) => a - b);
const at = (part: number) => Number((latencies[Math.floor(latencies.length * part)] ?? Number.NaN).toFixed(2));
const result: LoadResult = {
  acknowledged,
  seconds,
  perSecond: acknowledged / seconds,
  p50Ms: at(0.5),
  p99Ms: at(0.99),
};
process.stdout.write(`${JSON.stringify(result)}\n`);
process.exit(0);

/** Publishes the share of one connection until the time is over, and waits for what is still unacknowledged. */
async function drive(client: MqttClient, index: number): Promise<void> {
  const meters = Array.from({ length: options.meters }, (_, meter) => meter + 1).filter(
    (meter) => meter % options.connections === index,
  );
  let sent = 0;
  let open = 0;
  let wake: () => void = () => undefined;
  for (;;) {
    for (const [place, meter] of meters.entries()) {
      if (performance.now() >= until) {
        while (open > 0) await new Promise<void>((resolve) => (wake = resolve));
        return;
      }
      if (options.rate > 0) {
        const dueMs = began + (sent * options.connections * 1000) / options.rate;
        if (dueMs > performance.now()) await sleep(dueMs - performance.now());
      }
      while (open >= options.window) await new Promise<void>((resolve) => (wake = resolve));
      const round = Math.floor(sent / meters.length);
      const sentAt = performance.now();
      open++;
      sent++;
      client.publish(`emon/home-${meter}`, messageOf(meter, round), { qos: 1 }, (error) => {
        open--;
        if (error) throw error;
        if (++acknowledged % SAMPLE_EVERY === 0) latencies.push(performance.now() - sentAt);
        wake();
      });
      // Lets the acknowledgements in.
      if (place % options.window === 0) await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

function messageOf(meter: number, round: number): string {
  const time = options.fromSeconds + round * SECONDS_BETWEEN;
  return JSON.stringify({ time, power1: 1_080 + (meter % 7), E1: meter * 1_000 + round * WH_BETWEEN, Vrms: 230.4 });
}
