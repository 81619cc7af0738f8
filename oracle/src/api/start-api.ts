import type { Deployment } from "@commonwatt/sdk/deployment";
import type { Logger } from "pino";
import { type Address, parseGwei } from "viem";

import type { Endpoints } from "../chain/endpoints/endpoints.ts";
import { createReader } from "../chain/reader.ts";
import type { Submitter } from "../chain/transactions/submitter.ts";
import type { Clock } from "../clock/clock.ts";
import type { Config } from "../config/schema.ts";
import { type Loop, type LoopOptions, startLoop } from "../loop.ts";
import type { Pipeline } from "../pipeline.ts";
import { createRelayer, type Relayer } from "../relay/relayer.ts";
import { createRelay, type RelayReport } from "../relay/start-relay.ts";
import type { SettlementStatus } from "../settlement/status.ts";
import type { Database } from "../storage/sql.ts";
import { createRoutes } from "./handlers.ts";
import { createHub } from "./hub.ts";
import { createMemberMeters } from "./member-meters.ts";
import { createMeterReads } from "./meter-reads.ts";
import { createNonces, nonceSecret } from "./nonces.ts";
import { createOwners } from "./owners.ts";
import { type ApiServer, createApiServer } from "./server.ts";
import { createSessionStore } from "./sessions.ts";

/** The private API with the relay behind it, as `run` starts it. */
export type PrivateApi = {
  server: ApiServer;
  report(): Promise<ApiReport>;
  /** Ends the streams, so that the server can close. */
  close(): void;
  loops: readonly Loop[];
};

/** For metrics. */
export type ApiReport = {
  sessions: number;
  streams: number;
  /** Since the start, by HTTP status. */
  answered: Readonly<Record<number, number>>;
  relay: RelayReport;
};

export type PrivateApiParts = {
  deployment: Deployment;
  endpoints: Endpoints;
  database: Database;
  clock: Clock;
  pipeline: Pick<Pipeline, "disagreementOf">;
  /** Of the submitter, which pays for relayed actions. */
  account: Address;
  /** An action is queued: it need not wait for the next look. */
  onQueued: () => void;
  loop: Omit<LoopOptions, "pauseMs" | "onError"> & { onError: (what: string) => LoopOptions["onError"] };
  /** The machine's clock, unix milliseconds: sessions and limits are real ones, also where the chain's time is simulated. */
  machineMs?: () => number;
  log: Logger;
};

const OWNERS_PAUSE_MS = 5_000;
const TIDY_PAUSE_MS = 60_000;

/**
 * Puts the private API together.
 *
 * @returns Undefined where the config asks for none.
 */
export async function startApi(config: Config, parts: PrivateApiParts): Promise<PrivateApi | undefined> {
  const { api, relay: relayConfig, meters } = config;
  if (api === undefined) return undefined;
  const { deployment, endpoints, database, clock, pipeline, account, log } = parts;
  const { machineMs = Date.now } = parts;
  const nowMs = () => clock.nowMs();
  const owners = createOwners(endpoints, deployment, {
    meters: meters.map(({ meter }) => meter),
    lifeMs: api.ownerSeconds * 1000,
    nowMs: machineMs,
  });
  const reads = createMeterReads(database);
  const sessions = createSessionStore(database, api, machineMs);
  const secret = await database.transaction(nonceSecret);
  const nonces = createNonces(secret, api.nonceSeconds * 1000, machineMs);
  const members = createMemberMeters({
    meters,
    owners,
    reads,
    disagreementOf: (meter) => pipeline.disagreementOf(meter),
    nowMs,
  });
  const hub = createHub({ config: api, members, owners, reads, sessions, nowMs, machineMs });
  const relay = createRelay({
    config: relayConfig,
    deployment,
    endpoints,
    owners,
    database,
    account,
    maxFeeWei: maxFeeWeiOf(config),
    nowMs: machineMs,
    wake: parts.onQueued,
  });
  const { chainId } = deployment;
  const server = createApiServer({ config: api, routes: () => routes, sessions, log });
  const routes = createRoutes({
    config: api,
    chainId,
    endpoints,
    owners,
    database,
    sessions,
    nonces,
    nowMs: machineMs,
    members,
    hub,
    relay,
    onSession: (id) => {
      server.welcome(id);
    },
  });
  const { onError, ...loop } = parts.loop;
  const start = (what: string, pauseMs: number, step: () => Promise<boolean>) =>
    startLoop(step, { ...loop, pauseMs, onError: onError(what) });

  return {
    server,
    loops: [
      start("Telling members what is new", api.streamSeconds * 1000, () => hub.look()),
      start("Asking who owns which meter", OWNERS_PAUSE_MS, () => owners.look()),
      start("Removing old sessions", TIDY_PAUSE_MS, () => sessions.removeExpired().then(() => false)),
    ],
    async report() {
      return {
        sessions: await sessions.count(),
        streams: hub.count(),
        answered: server.answered(),
        relay: await relay.report(),
      };
    },
    close() {
      hub.endAll();
    },
  };
}

/** What sends the actions that the API takes, for the loop that sends everything else. */
export function startRelayer(
  config: Config,
  parts: {
    endpoints: Endpoints;
    submitter: Submitter;
    database: Database;
    account: Address;
    settlement: () => SettlementStatus | undefined;
    log: Logger;
  },
): Relayer {
  return createRelayer({
    ...parts,
    config: config.relay,
    settlementEnabled: config.settlement.enabled,
    reader: createReader(parts.endpoints),
    maxFeeWei: maxFeeWeiOf(config),
    nowMs: Date.now,
  });
}

const maxFeeWeiOf = ({ submission }: Pick<Config, "submission">) => parseGwei(submission.maxFeeGwei.toFixed(9));
