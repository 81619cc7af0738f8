import { describe, expect, test } from "vitest";

import { type ChaosResult, runChaos } from "./chaos/run-chaos.ts";
import { hasMosquitto } from "./support/mosquitto.ts";
import { postgresPrograms } from "./support/postgres.ts";

/** The short form of `npm run test:chaos`: the same processes and the same mishaps, in two days. */
const SHORT = { days: 2, meters: 4, kills: 10, oracles: 1, minutes: undefined, json: undefined, keep: false } as const;
const SHARED = { ...SHORT, days: 1, kills: 30, oracles: 2, database: "postgres", broker: "mosquitto" } as const;

function expectWhole(result: ChaosResult, kills: number = SHORT.kills): void {
  expect(result.differences).toEqual([]);
  expect(result.kills).toBe(kills);
  expect(result.profiles).toBeGreaterThanOrEqual(result.days * result.meters - 1);
}

describe("whatever is killed on the way, the chain holds exactly what the acknowledged readings come to,", () => {
  // Some 30 s each on two free cores.
  const timeout = 900_000;
  const never = new AbortController().signal;
  const quiet = () => undefined;

  test(
    "with SQLite and the embedded broker",
    async () => {
      expectWhole(await runChaos({ ...SHORT, seed: 7, database: "sqlite", broker: "embedded" }, quiet, never));
    },
    timeout,
  );

  // Both are Debian packages (`postgresql`, `mosquitto`), which CI installs.
  test.skipIf(postgresPrograms() === undefined || !hasMosquitto)(
    "with PostgreSQL and mosquitto (skipped where they are not installed)",
    async () => {
      expectWhole(await runChaos({ ...SHORT, seed: 8, database: "postgres", broker: "mosquitto" }, quiet, never));
    },
    timeout,
  );

  test.skipIf(postgresPrograms() === undefined || !hasMosquitto)(
    "with two oracles that share the meters (skipped where PostgreSQL and mosquitto are not installed)",
    async () => {
      expectWhole(await runChaos({ ...SHARED, seed: 9 }, quiet, never), SHARED.kills);
    },
    timeout,
  );
});
