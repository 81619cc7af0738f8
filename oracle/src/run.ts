import { readFileSync } from "node:fs";

import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";
import { type Deployment, parseDeployment } from "@commonwatt/sdk/deployment";
import type { Logger } from "pino";
import { privateKeyToAccount } from "viem/accounts";

import { startOperation } from "./admin/start-operation.ts";
import { startApi } from "./api/start-api.ts";
import { createOfferStore } from "./board/offer-store.ts";
import { startBoard } from "./board/server.ts";
import { openChain } from "./chain/open.ts";
import { createReader } from "./chain/reader.ts";
import { createRecorder } from "./chain/recorder.ts";
import { checkRegistrations } from "./chain/registration.ts";
import { createChainClock, systemClock } from "./clock/clock.ts";
import { openCluster } from "./cluster/start.ts";
import type { Config } from "./config/schema.ts";
import { type OpenEdgeRelay, openEdgeRelay } from "./edge/relay/open.ts";
import { createHealth } from "./health.ts";
import type { HttpInput } from "./http/server.ts";
import { openHttpInput } from "./http/start.ts";
import { openKey } from "./keystore/keystore.ts";
import { readPassphrase } from "./keystore/passphrase.ts";
import { createMqttHandler } from "./intake/mqtt-handler.ts";
import { createLog } from "./log.ts";
import { startLoop } from "./loop.ts";
import { createOutboxStore } from "./outbox/outbox-store.ts";
import { openPairingRoom, pairingFolder } from "./pairing/room.ts";
import { createPairingRoute } from "./pairing/route.ts";
import { switchOver } from "./outbox/switch-over.ts";
import { createPipeline } from "./pipeline.ts";
import { createCloser } from "./profiles/close-due.ts";
import { createRefusalLog } from "./refusals.ts";
import { startSigning } from "./signature/start.ts";
import { createSending, createSendingTurns } from "./start-sending.ts";
import { startSerialLines } from "./sources/serial/start-lines.ts";
import { guardSources } from "./sources/source-guard.ts";
import { mqttTopics } from "./sources/decode/mqtt.ts";
import { createNodeTable } from "./sources/decode/node-table.ts";
import { connectExternalBroker } from "./sources/external-broker.ts";
import { startEmbeddedBroker } from "./sources/embedded-broker.ts";
import type { MessageHandler } from "./sources/message.ts";
import { createMeterStore } from "./storage/meter-store.ts";
import { openDatabase } from "./storage/open.ts";
import { createRetention } from "./storage/retention.ts";

/** How often each RPC endpoint is asked for its latest block. */
const ENDPOINTS_PAUSE_MS = 5_000;
/** What has been stored meanwhile is worked through together: one transaction, and one sync of the disk. */
const WORK_PAUSE_MS = 500;
/** How often it is looked for messages and uses that are older than they are kept. */
const TIDY_PAUSE_MS = 60_000;

/**
 * Runs the oracle until SIGTERM or SIGINT: takes messages, closes days, has them signed, records or settles them, and
 * serves the board. Everything that is closed at the end was opened here, in the opposite order.
 *
 * @throws CommonwattError when it cannot start.
 */
export async function run(config: Config): Promise<void> {
  const log = createLog(config.logLevel);
  const stop = stopSignal(log);
  await using resources = new AsyncDisposableStack();

  const deployment = readDeployment(config.deploymentFile);
  const key = await openKey(config.keystoreDir, "submitter", readPassphrase(config));
  const endpoints = resources.adopt(await openChain(config, deployment, log), (opened) => {
    opened.close();
  });
  const reader = createReader(endpoints);
  const clock = config.clock === "chain" ? createChainClock(reader) : systemClock;
  await clock.refresh();
  const account = privateKeyToAccount(key.privateKey);
  const recorder = createRecorder(endpoints, deployment, { ...config.timing, account: account.address });

  const cluster = config.cluster && (await openCluster(config, config.cluster, log));
  const database = resources.adopt(cluster?.database ?? (await openDatabase(config)), (opened) => opened.close());
  await switchOver({ database, deployment, recorder, others: cluster?.others, log });
  const store = createMeterStore(database);
  const outbox = createOutboxStore(database);
  const offers = createOfferStore(database);
  const refusals = createRefusalLog(log);
  const shared = cluster && { shared: cluster.share };
  const pipeline = await createPipeline({ config, database, clock, refusals, log, ...shared });

  const signing = await startSigning(config, {
    ...{ chain: recorder, deployment, log },
    outbox: cluster?.share.signingOutbox ?? outbox,
  });
  resources.defer(() => signing.close());
  const registration = { recorder, devices: signing.roster, log };
  if (await signing.isReady()) await checkRegistrations(config.meters, registration);

  const stopping = new AbortController();
  const onError = (what: string) => (error: unknown, pauseMs: number) => {
    const reason = error instanceof Error ? firstLine(error.message) : String(error);
    log.warn({ event: "retry", what, reason, pauseMs }, `${what} failed, trying again in ${pauseMs} ms: ${reason}`);
  };
  const options = { pauseMs: config.timing.pollMilliseconds, signal: stopping.signal };
  const closeDue = createCloser({ pipeline, store, registration });
  let closedAsOf = -Infinity;
  const sender = createSendingTurns(
    () =>
      createSending({
        ...{ config, deployment, endpoints, reader, recorder, clock, account, log },
        database: cluster?.accountDatabase ?? database,
        closedAsOf: () => closedAsOf,
      }),
    () => (cluster === undefined ? 0 : cluster.accountTenure()),
  );
  await sender.prepare();
  const inputs: { http?: HttpInput; edge?: OpenEdgeRelay } = {};
  const health = createHealth({
    config,
    clock,
    endpoints,
    submitter: sender,
    cluster: () => cluster?.status(),
    outbox,
    offers,
    store,
    pipeline,
    refusals,
    settlement: () => sender.settlement(),
    signer: () => signing.status(),
    http: () => inputs.http?.report(),
    edge: () => inputs.edge?.report(),
  });
  // One loop for both: they send from one account.
  const sending = startLoop(
    async () => {
      if (cluster !== undefined) closedAsOf = await cluster.share.closedAsOf();
      return sender.round();
    },
    { ...options, onError: onError("Sending") },
  );
  const closing = startLoop(
    async () => {
      await clock.refresh();
      const closed = (await signing.isReady()) ? await closeDue() : 0;
      const signed = await signing.round();
      if (closed === 0 && signed === 0) {
        if (cluster === undefined) closedAsOf = Math.floor(pipeline.lookedMs() / 1000);
        else await cluster.share.noteClosed();
      }
      if (signed !== undefined && signed > 0) sending.wake();
      await offers.removeExpired(Math.floor(clock.nowMs() / 1000));
      await health.look();
      return closed > 0;
    },
    { ...options, onError: onError("Closing days") },
  );
  const working = startLoop(() => pipeline.catchUp().then(() => false), {
    ...options,
    pauseMs: WORK_PAUSE_MS,
    onError: onError("Working through the inbox"),
  });
  const watching = startLoop(() => endpoints.look().then(() => false), {
    ...options,
    pauseMs: ENDPOINTS_PAUSE_MS,
    onError: onError("Looking at the RPC endpoints"),
  });
  const tidying = startLoop(
    createRetention(database, config.retention, () => clock.nowMs(), cluster !== undefined),
    {
      ...options,
      pauseMs: TIDY_PAUSE_MS,
      onError: onError("Removing what is old"),
    },
  );
  const api = await startApi(config, {
    ...{ deployment, endpoints, database, clock, pipeline, log },
    account: account.address,
    onQueued: () => {
      sending.wake();
    },
    loop: { signal: stopping.signal, onError },
  });
  resources.defer(async () => {
    stopping.abort();
    const loops = [watching, closing, sending, working, tidying, ...(api?.loops ?? [])].map(({ done }) => done);
    await Promise.all([...loops, pipeline.intake.settled()]);
  });

  const intake = guardSources(pipeline.intake, config.meters, () => clock.nowMs());
  const nodes = createNodeTable(config.nodes);
  const inlet: { source?: Source } = {};
  const edge = openEdgeRelay(config, {
    ...{ recorder, deployment, database, clock, log },
    publish: (topic, payload) => inlet.source?.publish?.(topic, payload) ?? false,
    onTaken: () => {
      sending.wake();
    },
  });
  inputs.edge = edge;
  const handle = edge.before(createMqttHandler(intake, { ...config, nodes }));
  const topics = [...mqttTopics(config.baseTopic), ...edge.topics];
  const broker: Source = await (cluster?.join(handle, topics) ?? openSource(config, handle, edge, log));
  inlet.source = broker;
  resources.defer(() => broker.close());
  const http = await openHttpInput(config, { database, intake, clock, log });
  if (http !== undefined) inputs.http = resources.adopt(http, (opened) => opened.close());
  const serial = startSerialLines(config.serial, { nodes, intake, log });
  resources.defer(() => serial.close());
  const pairing = createPairingRoute({ room: openPairingRoom(pairingFolder(config)), reader, deployment });
  const board = await startBoard({
    ...config.board,
    offers,
    deployment,
    reader,
    nowSeconds: () => Math.floor(clock.nowMs() / 1000),
    health: health.report,
    pairing,
    api: api?.server,
    log,
  });
  resources.defer(() => board.close());
  resources.defer(() => api?.close());
  const operation = await startOperation({
    ...{ config, database, clock, endpoints, reader, submitter: sender, pipeline, refusals, log },
    account: account.address,
    settlement: () => sender.settlement(),
    edge: () => edge.report(),
    isSourceConnected: () => broker.isConnected?.() ?? true,
    neighbourhood: deployment.neighbourhood,
  });
  resources.defer(() => operation.close());

  const ports = {
    board: board.port,
    ...(broker.port === undefined ? {} : { mqtt: broker.port }),
    ...(http === undefined ? {} : { http: http.port }),
    ...(operation.port === undefined ? {} : { admin: operation.port }),
  };
  log.info({ event: "ready", ports, submitter: account.address }, readySentence(config, ports));
  const signal = await stop;
  log.info({ event: "stopping", signal }, `Stopping on ${signal}`);
  await resources.disposeAsync();
  log.info({ event: "stopped" }, "Everything is closed");
}

/** Where MQTT messages come from; without `isConnected` they come to us. */
type Source = {
  port?: number;
  isConnected?: () => boolean;
  publish?: (topic: string, payload: string) => boolean;
  close: () => Promise<void>;
};

async function openSource(config: Config, handle: MessageHandler, edge: OpenEdgeRelay, log: Logger): Promise<Source> {
  const onError = (error: Error) => {
    log.warn({ event: "mqtt-failed", reason: error.message }, `MQTT: ${error.message}`);
  };
  if (config.broker.kind === "embedded") return startEmbeddedBroker(config.broker, handle, onError, edge.rights);
  return connectExternalBroker(config.broker, [...mqttTopics(config.baseTopic), ...edge.topics], handle, {
    onError,
    onConnected: () => {
      log.info({ event: "mqtt-connected" }, "Subscribed to the broker");
    },
  });
}

function readySentence(
  { broker, http, board }: Config,
  ports: { board: number; mqtt?: number; http?: number },
): string {
  const mqtt = broker.kind === "embedded" ? `mqtt://${broker.host}:${ports.mqtt ?? broker.port}` : broker.url;
  const input = http === undefined ? "" : ` and http://${http.host}:${ports.http ?? http.port}/input`;
  return `Ready: meters at ${mqtt}${input}, offer board at http://${board.host}:${ports.board}/api`;
}

function readDeployment(file: string): Deployment {
  try {
    return parseDeployment(readFileSync(file, "utf8"));
  } catch (error) {
    throw new CommonwattError(
      `The deployment file ${file} cannot be used: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

function stopSignal(log: Logger): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      process.on(signal, () => {
        log.debug({ event: "signal", signal }, `Received ${signal}`);
        resolve(signal);
      });
    }
  });
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0] ?? text;
}
