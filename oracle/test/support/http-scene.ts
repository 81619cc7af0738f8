import { pino } from "pino";

import type { Clock } from "../../src/clock/clock.ts";
import { parseConfig } from "../../src/config/load.ts";
import { createKeyRing } from "../../src/http/key-ring.ts";
import { createReplayGuard } from "../../src/http/replay-guard.ts";
import { type HttpInputOptions, startHttpInput } from "../../src/http/server.ts";
import { createInboxStore } from "../../src/inbox/inbox-store.ts";
import { createIntake } from "../../src/intake/create-intake.ts";
import { createRefusalLog } from "../../src/refusals.ts";
import { openSqlite } from "../../src/storage/sqlite.ts";

/** The time of the scene, unix seconds, unless a test moves it. */
export const SCENE_NOW = 1_720_080_000;
/** The key of user 1, who may write any node, and that of user 2, who may write "emontx" only. */
export const ANY_KEY = "00112233445566778899aabbccddeeff";
export const NODE_KEY = "ffeeddccbbaa99887766554433221100";

const PAST_TOLERANCE_SECONDS = 7 * 86_400;

/** A row of the inbox, its time relative to the scene's. */
export type StoredRow = { node: string; seconds: number; values: Record<string, number> };
export type HttpScene = Awaited<ReturnType<typeof startHttpScene>>;

/** The HTTP input over the real intake and a real database; only the clock is the test's. */
export async function startHttpScene(overrides: Partial<HttpInputOptions> = {}) {
  const inputs = (names: readonly string[]) => names.map((input) => ({ input, meaning: "useW", use: "other" }));
  const meter = (number: number, node: string, names: readonly string[]) => ({
    meter: number,
    node,
    fuseWatts: 17_250,
    inputs: [{ input: "E1", meaning: "importWh" }, ...inputs(names)],
  });
  const { meters, timing, http } = parseConfig(
    {
      broker: { kind: "embedded" },
      http: { keysFile: "keys" },
      dataDir: "data",
      keystoreDir: "keystore",
      passphraseFile: "passphrase",
      deploymentFile: "deployment.json",
      rpcUrls: ["http://127.0.0.1:8545"],
      timing: { pastToleranceSeconds: PAST_TOLERANCE_SECONDS },
      meters: [
        meter(1, "emontx", ["power1", "power2", "1", "2", "powerW"]),
        meter(2, "10", ["1", "2", "3"]),
        meter(3, "0", ["1", "2", "power1"]),
        meter(4, "Küche Süd", ["P"]),
      ],
    },
    "/srv",
  );
  if (http === undefined) throw new Error("the scene has no HTTP input");
  let nowMs = SCENE_NOW * 1000;
  const clock: Clock = { nowMs: () => nowMs, refresh: () => Promise.resolve() };
  const log = pino({ level: "silent" });
  const database = await openSqlite(":memory:");
  const inbox = createInboxStore(database);
  const refusals = createRefusalLog(log);
  const nothing = () => undefined;
  const intake = createIntake({
    config: { meters, timing },
    database,
    clock,
    refusals,
    log,
    onStored: nothing,
    onUnknown: nothing,
  });
  const replays = createReplayGuard(database);
  const server = await startHttpInput({
    ...http,
    port: 0,
    keys: createKeyRing([
      { user: 1, key: ANY_KEY },
      { user: 2, key: NODE_KEY, node: "emontx" },
    ]),
    intake,
    replays,
    lastReading: async (node) => {
      const rows = await inbox.after(0, 10_000);
      return new Map(
        rows
          .filter((row) => row.node === node)
          .flatMap((row) => [...row.values.keys()].map((name) => [name, row.timeMs])),
      );
    },
    clock,
    log,
    pastToleranceMs: PAST_TOLERANCE_SECONDS * 1000,
    ...overrides,
  });
  return {
    url: `http://127.0.0.1:${server.port}`,
    port: server.port,
    report: () => server.report(),
    refusals: () => refusals.counts(),
    /** Moves the clock, in seconds from the scene's time. */
    setTime(seconds: number) {
      nowMs = (SCENE_NOW + seconds) * 1000;
    },
    /** Forgets what the server forgets every few minutes. */
    sweep: () => replays.sweep(nowMs),
    /** What is on disk, in the order in which it was taken. */
    async rows(): Promise<StoredRow[]> {
      return (await inbox.after(0, 10_000)).map(({ node, timeMs, values }) => ({
        node,
        seconds: timeMs / 1000 - SCENE_NOW,
        values: Object.fromEntries(values),
      }));
    },
    async close() {
      await server.close();
      await database.close();
    },
  };
}
