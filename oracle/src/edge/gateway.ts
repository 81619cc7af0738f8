import { mkdirSync } from "node:fs";
import { join } from "node:path";

import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";
import { neighbourhoodDomain } from "@commonwatt/sdk/domains";
import { dayOf, SECONDS_PER_DAY } from "@commonwatt/sdk/time";
import type { Logger } from "pino";

import { type Clock, systemClock } from "../clock/clock.ts";
import { createMqttHandler } from "../intake/mqtt-handler.ts";
import { startLoop } from "../loop.ts";
import { createOutboxStore } from "../outbox/outbox-store.ts";
import { createPipeline } from "../pipeline.ts";
import { createRefusalLog } from "../refusals.ts";
import { createKeySigner } from "../signer/key-signer.ts";
import { openSignerMemory } from "../signer/memory.ts";
import { openKeySource } from "../signer/open-source.ts";
import { mqttTopics } from "../sources/decode/mqtt.ts";
import { createNodeTable } from "../sources/decode/node-table.ts";
import { connectExternalBroker, type ExternalBroker } from "../sources/external-broker.ts";
import type { MessageHandler } from "../sources/message.ts";
import { startSerialLines } from "../sources/serial/start-lines.ts";
import { guardSources } from "../sources/source-guard.ts";
import { createRetention } from "../storage/retention.ts";
import { openSqlite } from "../storage/sqlite.ts";
import { closeOver } from "./close-over.ts";
import { createDayStore, prepareDayStore } from "./day-store.ts";
import type { GatewayConfig } from "./gateway-config.ts";
import { openEarly } from "./open-early.ts";
import { lastReadings, waitForClock } from "./readings.ts";
import { type ChainProof, createChainProof } from "./proof.ts";
import { createShowing } from "./show-days.ts";
import { signDays } from "./sign-days.ts";
import { statusOf, writeStatus } from "./status.ts";
import { receiptsFilter } from "./topics.ts";

const PROVE_PAUSE_MS = 5_000;
const STATUS_PAUSE_MS = 60_000;
const TIDY_PAUSE_MS = 600_000;
const OLD_DAYS = 100;
/** SQLite's own would be 2 MB; a gateway's meters fit into a quarter of it. */
const DATABASE_CACHE_KIB = 512;

export type GatewayParts = {
  config: GatewayConfig;
  log: Logger;
  /** Resolves when the gateway is to stop. */
  stop: Promise<unknown>;
  /** Left out: the system's. */
  clock?: Clock;
};

/** The gateway's database, and beside it the signer's memory. */
export const databaseFile = ({ dataDir }: Pick<GatewayConfig, "dataDir">) => join(dataDir, "edge.sqlite");
export const memoryFile = ({ dataDir }: Pick<GatewayConfig, "dataDir">) => join(dataDir, "signer.sqlite");

/** Where a gateway has its keys. */
export function keysOf({ token, keystoreDir, passphraseFile }: GatewayConfig) {
  if (token !== undefined) return openKeySource({ kind: "pkcs11", ...token });
  return openKeySource({ kind: "keystore", keystoreDir, passphraseFile, custody: "gateway" });
}

/**
 * Runs the signer alone, on the gateway itself: takes the meters' messages, closes and signs their days, and shows them to a
 * relay that can neither make nor change one. It sends nothing to the chain and needs no node; with one it looks up
 * whether its days got there.
 *
 * @throws CommonwattError when it cannot start.
 */
export async function runGateway({ config, log, stop, clock = systemClock }: GatewayParts): Promise<void> {
  await using resources = new AsyncDisposableStack();
  mkdirSync(config.dataDir, { recursive: true, mode: 0o700 });
  const { neighbourhood, timing, meters } = config;
  // First, while there is least else in memory.
  const keys = resources.adopt(await keysOf(config), (opened) => {
    opened.close();
  });
  const source = await openEarly(keys, log);
  const database = resources.adopt(await openSqlite(databaseFile(config)), (opened) => opened.close());
  await database.get(`PRAGMA cache_size = -${DATABASE_CACHE_KIB}`);
  await prepareDayStore(database);
  const stopping = new AbortController();
  void stop.then(() => {
    stopping.abort();
  });
  await waitForClock(database, clock, log, stopping.signal);
  if (stopping.signal.aborted) return;

  const memory = openSignerMemory(memoryFile(config));
  resources.defer(() => {
    memory.close();
  });
  const domain = neighbourhoodDomain({ chainId: neighbourhood.chainId, neighbourhood: neighbourhood.address });
  const signer = createKeySigner(source, domain, memory);
  const held = new Set((await signer.devices()).map(({ meter }) => meter));
  const without = meters.filter(({ meter }) => !held.has(meter)).map(({ meter }) => meter);
  if (without.length > 0) {
    throw new CommonwattError(`There is no key of meter ${without.join(", ")}: make it with "edge pair"`);
  }

  const refusals = createRefusalLog(log);
  const pipeline = await createPipeline({ config, database, clock, refusals, log });
  const proof = config.rpcUrl === undefined ? undefined : createChainProof(config.rpcUrl, neighbourhood.address);
  const relay: { broker?: ExternalBroker; isThere: boolean } = { isThere: false };
  const showing = createShowing({
    config,
    database,
    publish: (topic, payload) => relay.broker?.publish(topic, payload) ?? false,
    proof,
    nowMs: () => clock.nowMs(),
    log,
  });

  const outbox = createOutboxStore(database);
  const onError = (what: string) => (error: unknown, pauseMs: number) => {
    const reason = error instanceof Error ? error.message : String(error);
    log.warn({ event: "retry", what, reason, pauseMs }, `${what} failed, trying again in ${pauseMs} ms: ${reason}`);
  };
  const loop = (what: string, pauseMs: number, step: () => Promise<boolean>) =>
    startLoop(step, { pauseMs, signal: stopping.signal, onError: onError(what) });
  const pollMs = timing.pollMilliseconds;
  const days = createDayStore(database);
  const loops = [
    loop("Closing days", pollMs, async () => {
      const closed = await closeOver({ pipeline, meters, log });
      const signed = await signDays({ outbox, signer, meters, proof, log });
      return closed + signed > 0;
    }),
    loop("Showing days to the relay", pollMs, () => showing.round().then(() => false)),
    loop("Looking up days on chain", Math.min(config.receipts.askSeconds * 1000, PROVE_PAUSE_MS * 60), async () => {
      await checkChain(proof, neighbourhood.chainId);
      await showing.prove();
      return false;
    }),
    loop("Writing the status", Math.min(STATUS_PAUSE_MS, pollMs * 60), async () => {
      const overdue = await showing.overdue();
      const now = clock.nowMs();
      const status = statusOf({
        config,
        nowMs: now,
        connected: relay.isThere,
        skewSeconds: showing.skewSeconds(),
        days: await days.all(),
        overdue,
        isDone: showing.isDone,
        lastReadingMs: await lastReadings(database, meters),
      });
      writeStatus(config.dataDir, status, now);
      return false;
    }),
    loop("Removing what is old", TIDY_PAUSE_MS, async () => {
      const now = clock.nowMs();
      const before = dayOf(now / 1000 - config.keepDays * SECONDS_PER_DAY);
      // Where the chain can be asked, the relay's word is no reason to give up the only copy of a day.
      const enough = proof === undefined ? "claimed" : "proven";
      const removed = await database.transaction((sql) => createDayStore(sql).removeBefore(before, enough, OLD_DAYS));
      return (await createRetention(database, config.retention, () => now)()) || removed > 0;
    }),
  ];
  resources.defer(async () => {
    stopping.abort();
    await Promise.all([...loops.map(({ done }) => done), pipeline.intake.settled()]);
  });

  const at = { chainId: neighbourhood.chainId, neighbourhood: neighbourhood.address };
  const receipts = meters.map(({ meter }) => receiptsFilter(at, meter));
  const onRelay = (isThere: boolean) => {
    relay.isThere = isThere;
  };
  relay.broker = resources.adopt(open("relay", config.relay, receipts, showing.handle, log, onRelay), (opened) =>
    opened.close(),
  );
  const intake = guardSources(pipeline.intake, meters, () => clock.nowMs());
  const nodes = createNodeTable(config.nodes);
  if (config.broker !== undefined) {
    const handle = createMqttHandler(intake, { baseTopic: config.baseTopic, nodes });
    resources.adopt(open("broker", config.broker, mqttTopics(config.baseTopic), handle, log), (opened) =>
      opened.close(),
    );
  }
  const serial = startSerialLines(config.serial, { nodes, intake, log });
  resources.defer(() => serial.close());
  log.info(
    { event: "ready", meters: meters.map(({ meter }) => meter), looksUp: proof !== undefined },
    `Ready: signs the days of meter ${meters.map(({ meter }) => meter).join(", ")} here and shows them to ${config.relay.url}`,
  );
  await stop;
  log.info({ event: "stopping" }, "Stopping");
  await resources.disposeAsync();
  log.info({ event: "stopped" }, "Everything is closed");
}

/** A connection to one of the two brokers, with a log line whenever it is there, or is kept away. */
function open(
  name: "relay" | "broker",
  section: GatewayConfig["relay"],
  topics: readonly string[],
  handle: MessageHandler,
  log: Logger,
  onChange: (isThere: boolean) => void = () => undefined,
): ExternalBroker {
  // What the relay says is asked for again anyway, so its broker need not keep it; what meters say it must.
  return connectExternalBroker(
    { kind: "external", ...section, ...(name === "relay" ? { clean: true } : {}) },
    topics,
    handle,
    {
      onConnected: () => {
        onChange(true);
        log.info(
          { event: `${name}-connected` },
          name === "relay" ? "The relay's broker is there" : "Subscribed to the meters' broker",
        );
      },
      onError: ({ message }) => {
        onChange(false);
        log.warn(
          { event: `${name}-failed`, reason: message },
          `The ${name === "relay" ? "relay's" : "meters'"} broker: ${message}`,
        );
      },
    },
  );
}

async function checkChain(proof: ChainProof | undefined, chainId: number): Promise<void> {
  if (proof === undefined) return;
  const head = await proof.head();
  if (head.chainId !== chainId)
    throw new CommonwattError(
      `The node of rpcUrl is on chain ${head.chainId}, expected ${chainId} (neighbourhood.chainId)`,
    );
}
