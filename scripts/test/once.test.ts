import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

import { MISSING, decodeIntervals, decodeQuality } from "@commonwatt/sdk/profile";
import { baseUnits, wh } from "@commonwatt/sdk/units";
import { afterAll, describe, expect, it } from "vitest";

import { noise } from "../src/homes/noise.ts";
import type { OnceResult } from "../src/once.ts";
import { auditLedger } from "../src/report/audit.ts";
import { sumFile } from "./from-file.ts";
import { sumLedger } from "./ledger-sums.ts";
import { play } from "./play.ts";
import { start } from "./processes.ts";

const TIMEOUT_MS = 600_000;
const CITYLEARN = join(import.meta.dirname, "../../../shared/data/households/citylearn2022_hourly.csv.gz");

const folder = mkdtempSync(join(tmpdir(), "commonwatt-once-"));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** Per home: minted and imported energy is the file's, exact to 1 Wh. */
function expectHomesAsInFile({ ledger }: OnceResult, path: string, days: readonly string[]): void {
  const file = sumFile(path, days);
  const recorded = sumLedger(ledger);
  for (const [index, home] of [...file.nets.keys()].entries()) {
    for (const side of ["imports", "exports"] as const) {
      const off = (recorded[side].get(index + 1) ?? 0n) * 1000n - (file[side].get(home) ?? 0n);
      expect(off > -1000n && off < 1000n, `${side} of ${home} are ${off} milli-Wh off`).toBe(true);
    }
  }
}

describe("npm start -- --once, by hand", () => {
  it(
    "plays the generated street and writes its totals",
    async () => {
      const out = join(folder, "out.json");
      const run = start(["--once", "--mode", "self", "--json", out]);
      expect(await run.ended, run.output()).toBe(0);
      const written = JSON.parse(readFileSync(out, "utf8")) as Record<string, string> & { failures: string[] };
      expect(Object.keys(written)).toEqual([
        "days",
        "meters",
        "profiles",
        "importWh",
        "exportWh",
        "mintedWh",
        "soldWh",
        "retiredWh",
        "unattributedWh",
        "paidBaseUnits",
        "settled",
        "failures",
      ]);
      expect(written).toMatchObject({ days: "2", meters: "12", profiles: "24", unattributedWh: "0", failures: [] });
      expect(written["mintedWh"]).toBe(written["exportWh"]);
      expect(written["retiredWh"]).toBe(written["soldWh"]);
      expect(Number(written["soldWh"])).toBeGreaterThan(10_000);
      expect(written["settled"]).toMatchObject({ days: "0", meterDays: "0", clearedWh: "0", treasuryBaseUnits: "0" });
      // 0.15 EUR/kWh: 150 base units per Wh.
      expect(written["paidBaseUnits"]).toBe(String(BigInt(written["soldWh"] ?? 0) * 150n));
    },
    TIMEOUT_MS,
  );

  it(
    "replays a file of short steps with missing rows, in which homes import and export within one quarter-hour",
    async () => {
      const path = join(folder, "five-minutes.csv.gz");
      const rows = ["a", "b", "c"].flatMap((home, index) =>
        Array.from({ length: 2 * 288 }, (_, step) => {
          const ts = new Date(Date.UTC(2020, 1, 29) + step * 300_000).toISOString().slice(0, 16);
          const sun = Math.max(0, Math.floor(noise(1, index, step) * 300_000) - 150_000);
          const load = Math.floor(noise(2, index, step) * 120_000);
          // Whole quarter-hours, 08:15 to 10:45: of a quarter-hour known in part, the rest would be unattributed.
          const missing = home === "b" && step >= 99 && step < 129;
          return `${home},${ts}Z,${(load / 1000).toFixed(3)},${missing ? "" : (sun / 1000).toFixed(3)}`;
        }),
      );
      writeFileSync(path, gzipSync(`household,ts,load_wh,pv_wh\n${rows.join("\n")}\n`));

      const result = await play(`--data ${path}`);
      expect(result.failures).toEqual([]);
      expect(result.totals).toMatchObject({ days: 2, meters: 3, profiles: 6, unattributedWh: 0n });
      expectHomesAsInFile(result, path, ["2020-02-29", "2020-03-01"]);

      // With three homes, one alone is sometimes both the only seller and the only buyer: it uses its own, untraded.
      const { matchable, tradable } = sumLedger(result.ledger);
      expect(tradable).toBeLessThan(matchable);
      expect(result.totals.retiredWh).toBe(matchable);
      expect(result.totals.soldWh).toBe(tradable);
      expect(result.totals.paidBaseUnits).toBe(tradable * 150n);
      const both = result.ledger.profiles.flatMap(({ intervals }) => {
        const { imports, exports } = decodeIntervals(intervals);
        return imports.filter((units, index) => units > 0 && (exports[index] ?? 0) > 0);
      });
      expect(both.length).toBeGreaterThan(100);
    },
    TIMEOUT_MS,
  );

  it(
    "finds exactly the energy of lost messages as unattributed, and keeps books that cannot be tampered with",
    async () => {
      const path = join(folder, "hourly.csv");
      const rows = ["a", "b"].flatMap((home) =>
        Array.from({ length: 24 }, (_, hour) => {
          const ts = `2020-06-01T${String(hour).padStart(2, "0")}:00`;
          return `${home},${ts},${home === "a" ? 500 + hour : 100}.0,${home === "b" && hour > 8 ? 900 : 0}`;
        }),
      );
      writeFileSync(path, `household,ts,load_wh,pv_wh\n${rows.join("\n")}\n`);

      // Home a falls silent after 10:00 and is heard again at 12:00; the hours hold 510 and 511 Wh.
      const [silent, back] = ["2020-06-01T10:00Z", "2020-06-01T12:00Z"].map((iso) => Date.parse(iso) / 1000);
      const result = await play(
        `--data ${path}`,
        (meter, { seconds }) => meter === 1 && seconds > (silent ?? 0) && seconds < (back ?? 0),
      );
      expect(result.failures).toEqual([]);
      expect(result.totals.unattributedWh).toBe(510n + 511n);
      const { imports } = sumFile(path, ["2020-06-01"]);
      expect(result.totals.importWh * 1000n).toBe((imports.get("a") ?? 0n) + (imports.get("b") ?? 0n) - 1_021_000n);
      const profile = result.ledger.profiles.find(({ meter }) => meter === 1);
      const missing = decodeQuality(profile?.quality ?? 0n).flatMap((quality, at) => (quality === MISSING ? [at] : []));
      expect(missing).toEqual([40, 41, 42, 43, 44, 45, 46, 47]);
      expect(profile?.importRegister).toBe((imports.get("a") ?? 0n) / 1000n);

      await expectTamperingToShow(result);
    },
    TIMEOUT_MS,
  );

  it.skipIf(!existsSync(CITYLEARN))(
    "replays a week of 11 measured households to the Wh (skipped where the data set is not there)",
    async () => {
      const days = Array.from({ length: 7 }, (_, index) => `2017-06-0${index + 1}`);
      const result = await play(`--data ${CITYLEARN} --from 2017-06-01 --days 7`);
      expect(result.failures).toEqual([]);
      expect(result.totals).toMatchObject({ days: 7, meters: 11, profiles: 77, unattributedWh: 0n });
      expectHomesAsInFile(result, CITYLEARN, days);
      expect(result.totals.mintedWh).toBe(result.totals.exportWh);

      const { matchable } = sumLedger(result.ledger);
      expect(result.totals.soldWh).toBe(matchable);
      expect(result.totals.retiredWh).toBe(matchable);
      expect(result.totals.paidBaseUnits).toBe(matchable * 150n);
      // The file's own hours say the same but for the rounding of quarter-hours to whole Wh.
      const off = matchable * 1000n - sumFile(CITYLEARN, days).matchable;
      expect(off > -100_000n && off < 100_000n, `${off} milli-Wh off`).toBe(true);
    },
    TIMEOUT_MS,
  );
});

/** The same audit on a ledger that was changed here and there must name what is wrong. */
async function expectTamperingToShow({ ledger, deployment, expectation }: OnceResult): Promise<void> {
  const audit = (changed: Partial<typeof ledger>) => auditLedger(deployment, { ...ledger, ...changed }, expectation);
  const [profile, ...profiles] = ledger.profiles;
  const [trade, ...trades] = ledger.trades;
  const [retirement, ...retirements] = ledger.retirements;
  if (profile === undefined || trade === undefined || retirement === undefined) throw new Error("An empty ledger.");

  expect(await audit({})).toEqual([]);
  expect(await audit({ profiles })).toContainEqual(expect.stringMatching(/has 0 profiles of 2020-06-01, expected 1/u));
  const forged = { ...profile, importRegister: profile.importRegister + 1n };
  expect(await audit({ profiles: [forged, ...profiles] })).not.toEqual([]);
  const cheap = { ...trade, paidBaseUnits: baseUnits(trade.paidBaseUnits - 1n) };
  expect(await audit({ trades: [cheap, ...trades] })).toContainEqual(expect.stringMatching(/base units, expected/u));
  const lines = retirement.lines.map((line, index) => (index === 0 ? { ...line, wh: wh(line.wh + 1n) } : line));
  expect(await audit({ retirements: [{ ...retirement, lines }, ...retirements] })).toContainEqual(
    expect.stringMatching(/Wh were used, expected/u),
  );
  expect(await audit({ retirements })).toContainEqual(expect.stringMatching(/Energy was lost or made/u));
}
