import type { Logger } from "pino";

import { troublesOf } from "../alarms/judge.ts";
import { type Readiness, readinessOf } from "../alarms/readiness.ts";
import { createAlarmWatch } from "../alarms/watch.ts";
import type { Config } from "../config/schema.ts";
import { startLoop } from "../loop.ts";
import type { Facts } from "../metrics/facts.ts";
import { createGatherer, type GatherParts } from "../metrics/gather.ts";
import { createMetrics } from "../metrics/metrics.ts";
import { reportOf } from "./report.ts";
import { json, startAdminServer } from "./server.ts";

export type OperationParts = Omit<GatherParts, "config"> & {
  config: GatherParts["config"] & Pick<Config, "admin">;
  neighbourhood: string;
  log: Logger;
};

/** The oracle's supervision: alarms, and the listener where the config asks for one. */
export type Operation = { port: number | undefined; close(): Promise<void> };

/** One look at everything. */
type Look = { facts: Facts; readiness: Readiness; endedMs: number };

/** How often it is looked without anybody asking. */
const LOOK_PAUSE_MS = 15_000;
/** Facts younger than that are not gathered again for whoever asks. */
const FRESH_MS = 3_000;
/** A look that takes longer says itself that something is wrong. */
const LOOK_TIMEOUT_MS = 10_000;

/**
 * @throws Error of the system when it cannot listen where the config says.
 */
export async function startOperation(parts: OperationParts): Promise<Operation> {
  const { config, neighbourhood, log } = parts;
  const gather = createGatherer(parts);
  const watch = createAlarmWatch(log);
  const metrics = createMetrics();
  const stopping = new AbortController();
  let looking: Promise<Look> | undefined;
  let last: Look | undefined;

  async function look(): Promise<Look> {
    const facts = await gather();
    const troubles = troublesOf(facts, config.alarms);
    watch.look(troubles, facts.atMs);
    const readiness = readinessOf(troubles);
    metrics.show(facts, watch.raised(), readiness.ready);
    last = { facts, readiness, endedMs: performance.now() };
    return last;
  }

  /** One look at a time, for whoever asks meanwhile. */
  function freshLook(): Promise<Look> {
    if (last !== undefined && performance.now() - last.endedMs < FRESH_MS) return Promise.resolve(last);
    looking ??= look().finally(() => {
      looking = undefined;
    });
    return looking;
  }

  /** Undefined when it takes too long. */
  async function timelyLook(): Promise<Look | undefined> {
    const late = Promise.withResolvers<undefined>();
    const timer = setTimeout(() => {
      late.resolve(undefined);
    }, LOOK_TIMEOUT_MS);
    try {
      return await Promise.race([freshLook(), late.promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  const stuck = () =>
    json(503, {
      ready: false,
      reasons: [{ name: "no-answer", says: `database or chain did not answer within ${LOOK_TIMEOUT_MS / 1000} s` }],
    });

  const routes = {
    "/metrics": async () => {
      // Better the last that is known than nothing: the process's own metrics tell of a stuck one.
      await timelyLook();
      return { status: 200, contentType: metrics.contentType, body: await metrics.text() };
    },
    // That it answers at all is the answer: its event loop turns.
    "/healthz": () => Promise.resolve(json(200, { alive: true, uptimeSeconds: Math.floor(process.uptime()) })),
    "/readyz": async () => {
      const seen = await timelyLook();
      return seen === undefined ? stuck() : json(seen.readiness.ready ? 200 : 503, seen.readiness);
    },
    "/status": async () => {
      const seen = await timelyLook();
      return seen === undefined
        ? stuck()
        : json(200, reportOf(seen.facts, watch.raised(), seen.readiness, neighbourhood));
    },
  };

  const server = config.admin === undefined ? undefined : await startAdminServer(config.admin, routes, log);
  const watching = startLoop(() => freshLook().then(() => false), {
    pauseMs: LOOK_PAUSE_MS,
    signal: stopping.signal,
    onError: (error, pauseMs) => {
      const reason = error instanceof Error ? error.message : String(error);
      log.warn({ event: "retry", what: "Looking for alarms", reason, pauseMs }, `Looking for alarms failed: ${reason}`);
    },
  });
  return {
    port: server?.port,
    async close() {
      stopping.abort();
      await Promise.all([watching.done, server?.close()]);
    },
  };
}
