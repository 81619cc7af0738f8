import { MAX_INTERVAL_UNITS } from "@commonwatt/sdk/profile";
import { type Logger, pino } from "pino";

import { parseConfig } from "../../src/config/load.ts";
import { createMqttHandler } from "../../src/intake/mqtt-handler.ts";
import { createPipeline } from "../../src/pipeline.ts";
import type { ClosedDay } from "../../src/profiles/close-days.ts";
import { createRefusalLog } from "../../src/refusals.ts";
import { createNodeTable } from "../../src/sources/decode/node-table.ts";
import { createMeterStore } from "../../src/storage/meter-store.ts";
import type { Database } from "../../src/storage/sql.ts";
import { openSqlite } from "../../src/storage/sqlite.ts";

/** First moment of the harness's first day, unix seconds. */
export const HARNESS_DAY = 20_000;
export const HARNESS_START = HARNESS_DAY * 86_400;

/**
 * The pipeline over a real database, with a clock that tests set: messages in, closed days out.
 *
 * @param overrides - Changes to a config of one meter, number 1, whose node "a" has an import counter I and an export
 * counter X.
 */
export async function createHarness(
  overrides: { meters?: object[]; timing?: object; maxUnits?: number; startSeconds?: number } = {},
  opened?: Database,
  log: Logger = pino({ level: "silent" }),
) {
  const database = opened ?? (await openSqlite(":memory:"));
  const defaultMeter = {
    meter: 1,
    node: "a",
    fuseWatts: 17_250,
    inputs: [
      { input: "I", meaning: "importWh" },
      { input: "X", meaning: "exportWh" },
    ],
  };
  const config = parseConfig(
    {
      broker: { kind: "embedded" },
      dataDir: "data",
      keystoreDir: "keystore",
      passphraseFile: "passphrase",
      deploymentFile: "deployment.json",
      rpcUrls: ["http://127.0.0.1:8545"],
      timing: overrides.timing ?? {},
      meters: overrides.meters ?? [defaultMeter],
    },
    "/srv",
  );
  const maxUnits = overrides.maxUnits ?? MAX_INTERVAL_UNITS;
  let nowMs = (HARNESS_START + (overrides.startSeconds ?? 0)) * 1000;
  let refreshes = 0;
  /** What the next refresh of the clock shows, unix seconds from the start. */
  let pending: number | undefined;
  const clock = {
    nowMs: () => nowMs,
    refresh() {
      refreshes++;
      if (pending !== undefined) nowMs = (HARNESS_START + pending) * 1000;
      pending = undefined;
      return Promise.resolve();
    },
  };
  const refusals = createRefusalLog(log);
  const store = createMeterStore(database);
  const pipeline = await createPipeline({ config, database, clock, refusals, log });
  const handle = createMqttHandler(pipeline.intake, { ...config, nodes: createNodeTable(config.nodes) });
  const closed: ClosedDay[] = [];

  return {
    database,
    store,
    pipeline,
    handle,
    refusals: () => refusals.counts(),
    refreshes: () => refreshes,
    /** Sets the clock, in seconds from the start. */
    setTime(seconds: number) {
      nowMs = (HARNESS_START + seconds) * 1000;
    },
    /** Sets what the clock shows after its next refresh, in seconds from the start. */
    setPendingTime(seconds: number) {
      pending = seconds;
    },
    /** A JSON message measured `seconds` after the start, arriving at that moment. */
    async send(seconds: number, values: Record<string, unknown>, node = "a") {
      nowMs = Math.max(nowMs, (HARNESS_START + seconds) * 1000);
      await this.sendRaw(`emon/${node}`, JSON.stringify({ time: HARNESS_START + seconds, ...values }));
    },
    async sendRaw(topic: string, payload: string) {
      await handle({ topic, payload: Buffer.from(payload), retained: false });
      await pipeline.catchUp();
    },
    /** Closes what is over at a moment, in seconds from the start. */
    async closeAt(seconds: number): Promise<ClosedDay[]> {
      nowMs = Math.max(nowMs, (HARNESS_START + seconds) * 1000);
      const days: ClosedDay[] = [];
      for (const meter of await pipeline.due()) {
        days.push(...(await pipeline.closeDays(meter, maxUnits, () => Promise.resolve())));
      }
      closed.push(...days);
      return days;
    },
    /** All days closed so far. */
    closed,
  };
}
