import { dayOf, dayStart } from "@commonwatt/sdk/time";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { parseConfig } from "../config/load.ts";
import { createMeterStore } from "../storage/meter-store.ts";
import type { Database } from "../storage/sql.ts";
import { openSqlite } from "../storage/sqlite.ts";
import { backfill, type RowOutcome } from "./backfill.ts";
import { parseReadings } from "./parse.ts";

const TODAY = dayOf(1_780_000_000);
const START = dayStart(TODAY);
const config = parseConfig(
  {
    broker: { kind: "embedded" },
    dataDir: "data",
    keystoreDir: "keystore",
    passphraseFile: "passphrase",
    deploymentFile: "deployment.json",
    rpcUrls: ["http://127.0.0.1:1"],
    meters: [{ meter: 1, node: "a", fuseWatts: 17_250, inputs: [{ input: "E1", meaning: "netWh" }] }],
  },
  "/srv",
);

describe("a file of readings", () => {
  test.each([
    [
      "a heading",
      "time,E1,T\n1780000000,5,20\n1780000900,6,\n",
      undefined,
      [
        ["E1", 5],
        ["T", 20],
      ],
    ],
    ["ISO times, semicolons and quotes", 'time;"E1"\n"2026-05-28T20:26:40Z";5\n', undefined, [["E1", 5]]],
    ["one feed", "1780000000,5\n", "E1", [["E1", 5]]],
    ["Emoncms' JSON, in milliseconds", "[[1780000000000,5],[1780000900000,null]]", "E1", [["E1", 5]]],
    ["lines of JSON", '{"time":1780000000,"E1":5}\n', undefined, [["E1", 5]]],
  ])("with %s", (_, text, input, values) => {
    const [row] = parseReadings(text, input).rows;
    expect(row?.timeMs).toBe(1_780_000_000_000);
    expect([...(row?.values ?? [])]).toEqual(values);
  });

  test("names the lines that are none, and brings the others into their order", () => {
    const text =
      "time,E1\n1780000900,6\nyesterday,5\n1780000000,5\n1780000000,x\n2026-05-28 20:26:40,5\n1780000001,\n{\n";
    const { rows, bad } = parseReadings(text, undefined);
    expect(rows.map(({ line }) => line)).toEqual([4, 2]);
    expect(bad.map(({ line }) => line)).toEqual([3, 5, 6, 7, 8]);
    expect(bad[0]?.reason).toMatch(/time .*yesterday.*expected unix seconds/u);
  });

  test("that does not say what its values are is refused", () => {
    expect(() => parseReadings("1780000000,5\n", undefined)).toThrow(/does not name its values/u);
    expect(() => parseReadings("[1,", "E1")).toThrow(/begins as a JSON list/u);
  });
});

describe("handing them in", () => {
  let database: Database;
  beforeEach(async () => {
    database = await openSqlite(":memory:");
  });
  afterEach(() => database.close());

  async function handIn(text: string): Promise<[number, RowOutcome][]> {
    const outcomes: [number, RowOutcome][] = [];
    const clock = { nowMs: () => (START + 40_000) * 1000, isLive: true, refresh: () => Promise.resolve() };
    const [meter] = config.meters;
    if (meter === undefined) throw new Error("no meter");
    await backfill(parseReadings(text, "E1").rows, meter, {
      ...{ config, database, clock, log: pino({ level: "silent" }) },
      onRow: ({ line }, outcome) => outcomes.push([line, outcome]),
    });
    return outcomes;
  }
  const energy = () => database.all("SELECT sum(import_wh) AS wh FROM intervals");

  test("says of each row what became of it, and none counts twice", async () => {
    const text = [0, 900, 1_800, 2_700].map((at, index) => `${START + at},${1000 + 50 * index}`).join("\n");
    expect(await handIn(text)).toEqual([1, 2, 3, 4].map((line) => [line, "taken"]));
    expect(await energy()).toEqual([{ wh: 150 }]);
    expect((await handIn(text)).map(([, outcome]) => outcome)).toEqual([
      "out-of-order",
      "out-of-order",
      "out-of-order",
      "duplicate",
    ]);
    expect(await energy()).toEqual([{ wh: 150 }]);
    const spike = await handIn(`${START + 3_600},900000000\n${START + 90_000},1\n${START - 40 * 86_400},1`);
    expect(spike.map(([, outcome]) => outcome)).toEqual(["too-old", "spike", "from-the-future"]);
  });

  test("leaves days alone that are closed", async () => {
    await handIn(`${START},1000`);
    const store = createMeterStore(database);
    const state = await store.meter(1);
    if (state === undefined) throw new Error("no state");
    await store.saveMeter(1, { ...state, closedDay: TODAY - 1 });
    expect(await handIn(`${START - 900},900\n${START + 900},1100`)).toEqual([
      [1, "closed"],
      [2, "taken"],
    ]);
  });
});
