import { setTimeout as pause } from "node:timers/promises";

import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";
import { pino } from "pino";

import { systemClock } from "../clock/clock.ts";
import type { Config } from "../config/schema.ts";
import { openHttpInput } from "../http/start.ts";
import type { Intake } from "../intake/intake.ts";
import { createMqttHandler } from "../intake/mqtt-handler.ts";
import { mqttTopics } from "../sources/decode/mqtt.ts";
import { createNodeTable } from "../sources/decode/node-table.ts";
import { startEmbeddedBroker } from "../sources/embedded-broker.ts";
import { connectExternalBroker } from "../sources/external-broker.ts";
import { startSerialLines } from "../sources/serial/start-lines.ts";
import { openSqlite } from "../storage/sqlite.ts";
import { createObservations, observe, type Observations } from "./observations.ts";
import { propose, type Proposal } from "./propose.ts";

export type DiscoverOptions = {
  seconds: number;
  /** Told, line by line, what it does; not part of the result. */
  onProgress: (line: string) => void;
  /** Ends the listening early. */
  signal: AbortSignal;
};

const PROGRESS_MS = 5_000;

/**
 * Listens on every source of the config for a while and proposes the config of what it heard. Writes nothing anywhere. Over
 * HTTP nothing is accepted either, so that a gateway keeps its batch for the oracle; over MQTT what is heard counts as
 * delivered, as with any broker.
 *
 * @throws CommonwattError when a source cannot be opened: for the ports of the config the oracle must not be running.
 */
export async function discover(config: Config, { seconds, onProgress, signal }: DiscoverOptions): Promise<Proposal> {
  const seen = createObservations();
  const listening: Intake = {
    take(decoded) {
      observe(seen, decoded);
      return Promise.resolve();
    },
  };
  await using resources = new AsyncDisposableStack();
  await openSources(config, listening, resources, onProgress);
  const until = performance.now() + seconds * 1000;
  while (!signal.aborted && performance.now() < until) {
    const restMs = Math.max(0, until - performance.now());
    await pause(Math.min(PROGRESS_MS, restMs), undefined, { signal }).catch(() => undefined);
    onProgress(progressOf(seen, Math.max(0, Math.round((until - performance.now()) / 1000))));
  }
  await resources.disposeAsync();
  return propose(seen, config.meters);
}

async function openSources(
  config: Config,
  intake: Intake,
  resources: AsyncDisposableStack,
  onProgress: (line: string) => void,
): Promise<void> {
  const nodes = createNodeTable(config.nodes);
  const { broker } = config;
  const handle = createMqttHandler(intake, { ...config, nodes });
  const onError = (error: Error) => {
    onProgress(`MQTT: ${error.message}`);
  };
  if (broker.kind === "embedded") {
    const opened = await startEmbeddedBroker(broker, handle, onError);
    resources.defer(() => opened.close());
    onProgress(`Listening as a broker on ${broker.host}:${opened.port}`);
  } else {
    // A client of its own, which the broker forgets: the oracle's session and what waits in it stay as they are.
    const passing = { ...broker, clientId: `discover-${process.pid}`, clean: true };
    const onConnected = () => {
      onProgress(`Listening at ${broker.url}`);
    };
    const opened = connectExternalBroker(passing, mqttTopics(config.baseTopic), handle, { onConnected, onError });
    resources.defer(() => opened.close());
  }

  const log = pino({ level: "silent" });
  const refusing: Intake = {
    async take(decoded) {
      await intake.take(decoded);
      throw new CommonwattError("Only listening: keep it for the oracle");
    },
  };
  const database = resources.adopt(await openSqlite(":memory:"), (opened) => opened.close());
  const http = await openHttpInput(config, { database, intake: refusing, clock: systemClock, log });
  if (http !== undefined) {
    resources.defer(() => http.close());
    onProgress(`Listening on http://${config.http?.host ?? ""}:${http.port}`);
  }

  const serial = startSerialLines(config.serial, { nodes, intake, log });
  resources.defer(() => serial.close());
  for (const { path, format } of config.serial) onProgress(`Reading ${format} from ${path}`);
}

function progressOf({ nodes, messages, frames }: Observations, restSeconds: number): string {
  const radio = frames.size === 0 ? "" : `, ${frames.size} unknown radio nodes`;
  return `${messages} messages of ${nodes.size} nodes${radio}, ${restSeconds} s to go`;
}
