/**
 * What the gateway's process takes of memory: `node oracle/bench/edge-memory.ts [--meters 5] [--most 60]`. It is started as an
 * operator starts it, takes a day of messages of its meters, one a minute, over mosquitto, closes and signs the day and shows
 * it; its resident memory is looked at all the time. The figures are mebibytes; it ends with 1 when the peak was more than `most`.
 */
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";

import { dayOf, day, dayStart } from "@commonwatt/sdk/time";
import { connectAsync } from "mqtt";

import { bundleGateway, createGatewayFolder } from "../test/support/edge-gateway.ts";
import { startMosquitto } from "../test/support/mosquitto.ts";

const SECONDS_BETWEEN = 60;
const LOOK_MS = 50;

const { values } = parseArgs({ options: { meters: { type: "string" }, most: { type: "string" } } });
const meters = Array.from({ length: Number(values.meters ?? "5") }, (_, index) => index + 1);
const yesterday = day(dayOf(Date.now() / 1000) - 1);

/** A figure of /proc/PID/status, kB. */
function memoryOf(pid: number, name: string): number {
  return Number(new RegExp(`${name}:\\s+(\\d+)`, "u").exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
}

await bundleGateway();
const broker = await startMosquitto({ settings: "allow_anonymous true\nmax_queued_messages 0\n" });
const gateway = createGatewayFolder({
  deployment: { chainId: 31_337, neighbourhood: `0x${"11".repeat(20)}` },
  meters,
  metersPort: broker.port,
  relay: { url: `mqtt://127.0.0.1:${broker.port}` },
});
try {
  await gateway.pair();
  const running = await gateway.start();
  const started = memoryOf(running.pid, "VmRSS");
  let most = 0;
  const looking = setInterval(() => {
    most = Math.max(most, memoryOf(running.pid, "VmRSS"));
  }, LOOK_MS);
  const client = await connectAsync(`mqtt://127.0.0.1:${broker.port}`);
  let messages = 0;
  for (let second = 0; second <= 86_400; second += SECONDS_BETWEEN) {
    const bodies = meters.map((meter) => [meter, { time: dayStart(yesterday) + second, E1: second / 10 }] as const);
    await Promise.all(
      bodies.map(([meter, body]) => client.publishAsync(`emon/home-${meter}`, JSON.stringify(body), { qos: 1 })),
    );
    messages += meters.length;
  }
  for (const meter of meters) await running.logged("signed", (line) => line["meter"] === meter);
  await sleep(1_000);
  clearInterval(looking);
  const figures = {
    meters: meters.length,
    messages,
    startedMB: started / 1024,
    mostMB: most / 1024,
    peakMB: memoryOf(running.pid, "VmHWM") / 1024,
    endMB: memoryOf(running.pid, "VmRSS") / 1024,
    privateMB: memoryOf(running.pid, "RssAnon") / 1024,
  };
  const rounded = Object.entries(figures).map(([name, value]) => [name, Math.round(value * 10) / 10]);
  process.stdout.write(`${JSON.stringify(Object.fromEntries(rounded))}\n`);
  await client.endAsync();
  await running.end("SIGTERM");
  if (figures.peakMB > Number(values.most ?? "60")) process.exitCode = 1;
} finally {
  gateway.killAll();
  await broker.close();
  gateway.remove();
}
