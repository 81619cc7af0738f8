import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { type DayProfile, MEASURED } from "@commonwatt/sdk/profile";
import { day, dayStart, firstInterval } from "@commonwatt/sdk/time";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { parseConfig } from "../config/load.ts";
import { createInboxStore } from "../inbox/inbox-store.ts";
import { createOutboxStore } from "../outbox/outbox-store.ts";
import { createMeterStore } from "../storage/meter-store.ts";
import { openReadOnly } from "../storage/open-read-only.ts";
import type { Database } from "../storage/sql.ts";
import { openSqlite } from "../storage/sqlite.ts";
import { createUseStore } from "../uses/use-store.ts";
import { type Export, type ExportRow, exportRows } from "./tables.ts";
import { makeExportFolder, writeExport } from "./write-export.ts";

const DAY = day(20_600);
const TOMORROW = day(DAY + 1);
const ALL = { first: 0, end: 65_536 };

let folder: string;
let database: Database;
let config: ReturnType<typeof parseConfig>;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "export-"));
  const meter = { fuseWatts: 17_250, inputs: [{ input: "E1", meaning: "netWh" }] };
  config = parseConfig(
    {
      broker: { kind: "embedded" },
      dataDir: folder,
      keystoreDir: "keystore",
      passphraseFile: "passphrase",
      deploymentFile: "deployment.json",
      rpcUrls: ["http://127.0.0.1:1"],
      meters: [
        { ...meter, meter: 1, node: "a", unitWh: 10 },
        { ...meter, meter: 2, node: "b" },
      ],
    },
    folder,
  );
  database = await openSqlite(join(folder, "oracle.sqlite"));
  const profile: DayProfile = {
    day: DAY,
    importRegister: 960n,
    exportRegister: 0n,
    quality: Array<typeof MEASURED>(96).fill(MEASURED),
    imports: Array<number>(96).fill(10),
    exports: Array<number>(96).fill(0),
  };
  await createOutboxStore(database).add(1, profile);
  await createOutboxStore(database).add(2, profile);
  const open = { importWh: 7, exportWh: 3, quality: 1 as const, interval: firstInterval(TOMORROW) };
  await createMeterStore(database).addToIntervals([{ meter: 1, ...open }]);
  await createUseStore(database).add([
    { meter: 1, use: "heating", interval: firstInterval(DAY), energyWh: 5 },
    { meter: 2, use: "cooking", interval: firstInterval(DAY), energyWh: 6 },
  ]);
  const timeMs = dayStart(DAY) * 1000;
  const row = { seq: 1, node: "a", arrivalMs: timeMs, timeMs, values: new Map() };
  await createInboxStore(database).append([row, { ...row, seq: 2, node: "b" }], ['{"E1":12,"x":1}', '{"E1":13}']);
});
afterEach(async () => {
  await database.close();
  rmSync(folder, { recursive: true });
});

async function read(what: Export, days = ALL) {
  const [meter] = config.meters;
  if (meter === undefined) throw new Error("no meter");
  const opened = await openReadOnly(config);
  try {
    const rows: ExportRow[] = [];
    for await (const row of exportRows(what, opened, meter, days)) rows.push(row);
    return rows;
  } finally {
    await opened.close();
  }
}

describe("what is known of a meter", () => {
  test("can be read while the oracle has the database, and is nobody else's", async () => {
    const time = "2026-05-27T00:00:00.000Z";
    expect(await read("readings")).toEqual([{ meter: 1, time, input: "E1", value: 12 }]);
    expect(await read("uses")).toEqual([{ meter: 1, start: time, use: "heating", energyWh: 5 }]);
    expect(await read("profiles")).toMatchObject([{ meter: 1, day: "2026-05-27", unitWh: 10, importRegister: 960 }]);
    const intervals = await read("intervals");
    expect(intervals).toHaveLength(97);
    // Units of the meter are not what a household reads.
    expect(intervals[0]).toMatchObject({
      start: time,
      importWh: 100,
      exportWh: 0,
      quality: "measured",
      state: "closed",
    });
    expect(intervals[96]).toMatchObject({ importWh: 7, exportWh: 3, quality: "estimated", state: "open" });
  });

  test.each(["readings", "intervals", "profiles", "uses"] as const)(
    "is limited to the days asked for: %s",
    async (what) => {
      expect(await read(what, { first: 0, end: DAY })).toEqual([]);
      expect((await read(what, { first: DAY, end: TOMORROW })).length).toBe(what === "intervals" ? 96 : 1);
    },
  );
});

describe("an export", () => {
  async function* rows(...list: { text: string; n: number | null }[]) {
    await Promise.resolve();
    yield* list;
  }
  const write = (name: string, format: "csv" | "json", ...list: { text: string; n: number | null }[]) =>
    writeExport(join(folder, "out"), { name, format, rows: rows(...list) });

  test("is its owner's only, is whole, and overwrites nothing", async () => {
    makeExportFolder(join(folder, "out"));
    expect(statSync(join(folder, "out")).mode & 0o777).toBe(0o700);
    const { file, count } = await write("a", "csv", { text: 'says "1,2"', n: 1 }, { text: "=cmd()", n: null });
    expect(count).toBe(2);
    expect(readFileSync(file, "utf8")).toBe(`text,n\n"says ""1,2""",1\n'=cmd(),\n`);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    await expect(write("a", "csv", { text: "b", n: 1 })).rejects.toThrow(/there already, expected another folder/u);
    expect(JSON.parse(readFileSync((await write("b", "json", { text: "x", n: 1 })).file, "utf8"))).toEqual([
      { text: "x", n: 1 },
    ]);
    expect(JSON.parse(readFileSync((await write("c", "json")).file, "utf8"))).toEqual([]);
    async function* failing() {
      yield* rows({ text: "x", n: 1 });
      throw new Error("gone");
    }
    const half = writeExport(join(folder, "out"), { name: "d", format: "csv", rows: failing() });
    await expect(half).rejects.toThrow("gone");
    expect(() => statSync(join(folder, "out/d.csv"))).toThrow();
  });

  test("does not go where others can read it", () => {
    makeExportFolder(join(folder, "out"));
    chmodSync(join(folder, "out"), 0o755);
    expect(() => {
      makeExportFolder(join(folder, "out"));
    }).toThrow(/mode 755, expected 700/u);
  });
});
