import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";

import { createChainDriver } from "./chain-driver.ts";
import { differences, readRecorded, type RecordedDay } from "./compare.ts";
import { type ExpectedDay, expectedDays } from "./expected.ts";
import { createGateway, type Gateway } from "./gateway.ts";
import { type ChaosMeter, makeMeters, payloadOf, STEP_SECONDS, STEPS_PER_DAY } from "./meters.ts";
import { createMishaps } from "./mishaps.ts";
import type { Options } from "./options.ts";
import { makePlan } from "./plan.ts";
import { CONFIRMATIONS, type Opened, openScene, type Scene } from "./scene.ts";
import { createHttpSender, createMqttSender, type Sender } from "./senders.ts";
import { createStream } from "./stream.ts";

/** What a run came to. */
export type ChaosResult = {
  bench: "chaos";
  seed: number;
  days: number;
  meters: number;
  database: string;
  broker: string;
  oracles: number;
  kills: number;
  struck: Record<string, number>;
  rpcFaults: Record<string, number>;
  /** Readings: acknowledged, given up by their gateways, and sent again although they were acknowledged. */
  acknowledged: number;
  givenUp: number;
  resent: number;
  profiles: number;
  /** Profiles of batches that the contract left out, because they were there already. */
  skipped: number;
  oracle: { starts: number; ready: number; subscribed: number; killed: number; endedByItself: number };
  /** SHA-256 of the profiles on chain: the same for the same seed. */
  digest: string;
  seconds: number;
  differences: string[];
};

export type Progress = (text: string) => void;

const FIRST_DAY = 20_000;
const START = FIRST_DAY * 86_400;
/** How long nothing may happen before a run is given up. */
const STUCK_MS = 240_000;
const LOOK_MS = 30;
/** After more than this many steps without one, a reading is not taken for true at once. */
const LONG_GAP_STEPS = 4;
/** A part of the run waits for the chain when it is so far behind. */
const MAX_LAG_DAYS = 2;

/**
 * One run: a simulated time of real processes, all of which are ended when it returns or throws.
 *
 * @throws Error when something never recovers, with where everything stood; the signal's reason when aborted.
 */
export async function runChaos(options: Options, progress: Progress, signal: AbortSignal): Promise<ChaosResult> {
  const opened: Opened = [];
  const lastMoment = () => {
    for (const { killNow } of opened) killNow?.();
  };
  process.on("exit", lastMoment);
  try {
    return await play(options, { progress, signal, opened });
  } finally {
    for (const { close } of opened.toReversed()) await close();
    process.off("exit", lastMoment);
  }
}

async function play(
  options: Options,
  { progress, signal, opened }: { progress: Progress; signal: AbortSignal; opened: Opened },
): Promise<ChaosResult> {
  const began = performance.now();
  const steps = options.days * STEPS_PER_DAY;
  const meters = makeMeters(options.seed, options.meters, steps);
  const plan = makePlan(options);
  const stream = createStream();
  const onEvent = () => {
    stream.tick();
  };
  const scene = await openScene(options, meters, { startSeconds: START, opened, onEvent });
  const { node, oracle, proxy, disk, deployment } = scene;
  if (disk === undefined) progress("No file system can be mounted here: the disk is never full in this run.");

  const gateways = meters.map((meter, index) =>
    createGateway({
      node: meter.node,
      sender: senderOf(scene, meter, index),
      payload: (step) => payloadOf(meter, step, START),
      outages: plan.outages[index] ?? [],
      onEvent,
    }),
  );
  for (const gateway of gateways) opened.push({ close: () => gateway.close() });
  const chain = createChainDriver(scene);
  const mishaps = createMishaps(scene, chain, gateways);
  const guarded = async <T>(what: string, work: Promise<T>, explain = () => ""): Promise<T> => {
    const timer = new AbortController();
    const limit = sleep(STUCK_MS, undefined, { signal: timer.signal }).then((): never => {
      const waiting = gateways.map((gateway, index) => `${index + 1}:${gateway.acknowledged().length}`).join(" ");
      throw new Error(
        `${what} takes more than ${STUCK_MS / 1000} s. Acknowledged by gateway: ${waiting}. ${explain()}`,
      );
    });
    limit.catch(() => undefined);
    const aborted = new Promise<never>((_, reject) => {
      signal.addEventListener(
        "abort",
        () => {
          reject(signal.reason as Error);
        },
        { signal: timer.signal },
      );
    });
    try {
      signal.throwIfAborted();
      return await Promise.race([work, limit, aborted, oracle.failed, mishaps.failed]);
    } finally {
      timer.abort();
    }
  };

  await chain.mineAt(START);
  await chain.save();
  oracle.start();
  await guarded("The oracle's first start", oracle.ready());
  // What is published before anybody has ever subscribed, a broker need not keep.
  if (scene.mosquitto !== undefined)
    await guarded(
      "Subscribing",
      until(() => Promise.resolve(oracle.subscriptions() > 0), signal),
    );

  const expectedThrough = (days: number): ExpectedDay[] =>
    meters.flatMap((meter, index) => expectedDays(meter, gateways[index]?.acknowledged() ?? [], days));
  const recordedCount = async () => (await readRecorded(node.url, deployment, FIRST_DAY)).recorded.length;

  for (let step = 0; step <= steps; step++) {
    await guarded(`Mining step ${step}`, chain.mineAt(START + step * STEP_SECONDS));
    onEvent();
    for (const mishap of plan.mishaps) {
      if ("depth" in mishap && mishap.step - mishap.depth === step)
        await guarded("Saving the chain", mishap.kind === "reorg" ? chain.remember() : chain.save());
      if (mishap.step === step)
        stream.after(mishap.events, () => {
          mishaps.strike(mishap);
        });
    }
    await guarded(`Acknowledging step ${step}`, Promise.all(gateways.map((gateway) => gateway.step(step))));
    stream.flush();
    await guarded(`Recovering in step ${step}`, mishaps.settled());
    await guarded(`Catching up in step ${step}`, Promise.all(gateways.map((gateway) => gateway.catchUp())));
    // Time must not run away from the oracle while a broker elsewhere keeps its messages.
    if (scene.mosquitto !== undefined) {
      let late: string[] = [];
      const taken = until(async () => (late = await lagging(scene, gateways, step)).length === 0, signal);
      await guarded(`Taking step ${step}`, taken, () => late.join("; "));
    }
    if (step % STEPS_PER_DAY !== STEPS_PER_DAY - 1) continue;
    const day = Math.floor(step / STEPS_PER_DAY);
    progress(
      `day ${day + 1} of ${options.days}: ${mishaps.kills()} kills, ${gateways.reduce((sum, gateway) => sum + gateway.acknowledged().length, 0)} readings acknowledged, ${stream.count()} events`,
    );
    const due = expectedThrough(Math.max(day - MAX_LAG_DAYS, 0)).length;
    await guarded(
      `Recording day ${day - MAX_LAG_DAYS}`,
      until(async () => (await recordedCount()) >= due, signal),
    );
  }

  await guarded("The last kills", mishaps.finish());
  // Nothing goes wrong any more: what is still under way must arrive, and become final.
  proxy.heal();
  const expected = expectedThrough(options.days);
  let nowSeconds = START + steps * STEP_SECONDS;
  let blocksAfter = 0;
  const arrived = until(async () => {
    await chain.mineAt((nowSeconds += 12));
    if ((await recordedCount()) < expected.length) return false;
    return ++blocksAfter > CONFIRMATIONS;
  }, signal);
  await guarded("Recording the last profiles", arrived).catch((error: unknown) => {
    progress(error instanceof Error ? error.message : String(error));
  });
  signal.throwIfAborted();
  const { recorded, skipped, tooLate } = await readRecorded(node.url, deployment, FIRST_DAY);
  const code = await oracle.stop();
  const wrong = differences(expected, recorded);
  if (tooLate > 0) wrong.push(`${tooLate} profiles came too late`);
  if (code !== 0) wrong.push(`the oracle ended with ${code}, expected 0`);
  const acknowledged = gateways.reduce((sum, gateway) => sum + gateway.acknowledged().length, 0);
  return {
    bench: "chaos",
    seed: options.seed,
    days: options.days,
    meters: options.meters,
    database: options.database,
    broker: options.broker,
    oracles: options.oracles,
    kills: mishaps.kills(),
    struck: mishaps.struck(),
    rpcFaults: proxy.faults(),
    acknowledged,
    givenUp: (steps + 1) * options.meters - acknowledged,
    resent: gateways.reduce((sum, gateway) => sum + gateway.resent(), 0),
    profiles: recorded.length,
    skipped,
    oracle: oracle.counts(),
    digest: digestOf(recorded),
    seconds: Math.round((performance.now() - began) / 1000),
    differences: wrong,
  };
}

/** Most speak MQTT, with QoS 1 or 2; every fourth posts to the HTTP input, where the oracle itself acknowledges. */
function senderOf({ httpUrls, httpKey, mqttUrl }: Scene, { node }: ChaosMeter, index: number): Sender {
  if (index % 4 === 3) return createHttpSender(httpUrls, httpKey);
  return createMqttSender(mqttUrl, `gateway-${node}`, index % 2 === 0 ? 1 : 2);
}

function digestOf(recorded: readonly RecordedDay[]): string {
  const inOrder = recorded.toSorted((a, b) => a.meter - b.meter || a.day - b.day);
  // Which transaction a profile came in is chance.
  const profiles = inOrder.map((profile) => ({ ...profile, transaction: undefined }));
  return createHash("sha256").update(JSON.stringify(profiles)).digest("hex");
}

/** Meters whose reading of a step a broker has acknowledged, and the oracle does not have yet. */
async function lagging({ healthUrls }: Scene, gateways: readonly Gateway[], step: number): Promise<string[]> {
  const at = new Date((START + step * STEP_SECONDS) * 1000).toISOString();
  // Whichever answers: what is worked through stands in the database.
  const health = await Promise.any(
    healthUrls.map(async (url) => (await fetch(url)).json() as Promise<{ meters: { lastReading: string | null }[] }>),
  );
  return health.meters.flatMap(({ lastReading }, index) => {
    const steps = gateways[index]?.acknowledged() ?? [];
    const before = steps.at(-2) ?? -1;
    // The first reading after a long gap may wait for the next one to confirm it.
    const isHere = lastReading === at || steps.at(-1) !== step || step - before > LONG_GAP_STEPS;
    return isHere ? [] : [`meter ${index + 1} is at ${lastReading ?? "nothing"}, expected ${at}`];
  });
}

/** Asks again and again until the answer is yes; what cannot be asked is no. */
async function until(check: () => Promise<boolean>, signal: AbortSignal): Promise<void> {
  while (!(await check().catch(() => false))) await sleep(LOOK_MS, undefined, { signal });
}
