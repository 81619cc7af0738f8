import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, describe, expect, it } from "vitest";

import { noise } from "../src/homes/noise.ts";
import type { OnceResult } from "../src/once.ts";
import { auditSettlements } from "../src/report/audit-settlements.ts";
import { play } from "./play.ts";
import { start } from "./processes.ts";
import { millionthsAbove, sharingKey } from "./sharing-key.ts";

const TIMEOUT_MS = 600_000;
const CITYLEARN = join(import.meta.dirname, "../../../shared/data/households/citylearn2022_hourly.csv.gz");
/** Wh of the file's own hours that homes of quality "ok" can share on these days, see `from-file.ts`. */
const QUALITY_OK = "cl01,cl02,cl04,cl05,cl07,cl10,cl11,cl17";

const folder = mkdtempSync(join(tmpdir(), "commonwatt-sharing-"));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** In every settlement, each meter pays and is paid what the sharing key says, at the community price. */
function expectSharingKey({ settlements }: OnceResult): void {
  for (const settlement of settlements) {
    const shares = sharingKey(settlement);
    const { payments } = settlement;
    expect(payments.map(({ meter }) => meter)).toEqual(shares.map(({ meter }) => meter));
    for (const [index, share] of shares.entries()) {
      const above = millionthsAbove(share, settlement.tariff, payments[index]?.baseUnits ?? 0n);
      // Rounded up once, and the effective prices of 96 intervals to 30 bits: less than 1.06 base units in all.
      expect(above >= -200n && above < 1_060_000n, `meter ${share.meter} pays ${above} millionths more`).toBe(true);
    }
    const sold = shares.map(({ sold: parts }) =>
      parts.reduce((sum, { numerator, denominator }) => sum + Number(numerator) / Number(denominator), 0),
    );
    expect(Number(settlement.clearedWh)).toBeCloseTo(
      sold.reduce((sum, wh) => sum + wh, 0),
      3,
    );
  }
}

describe("npm start -- --once, sharing", () => {
  it(
    "settles the generated street, with one home that trades by hand, and writes its totals",
    async () => {
      const out = join(folder, "out.json");
      const run = start(["--once", "--json", out]);
      expect(await run.ended, run.output()).toBe(0);
      type Written = Record<string, string> & { settled: Record<string, string>; failures: string[] };
      const written = JSON.parse(readFileSync(out, "utf8")) as Written;
      expect(written).toMatchObject({ days: "2", meters: "12", profiles: "24", unattributedWh: "0", failures: [] });
      expect(Object.keys(written.settled)).toEqual([
        "days",
        "meterDays",
        "clearedWh",
        "treasuryBaseUnits",
        "gasPerHouseholdDay",
      ]);
      expect(written.settled).toMatchObject({ days: "2", meterDays: "22" });
      expect(Number(written.settled["clearedWh"])).toBeGreaterThan(10_000);
      // 0.02 EUR/kWh: 20 base units per Wh, and less than 1.06 of dust per meter-day.
      const dust = Number(written.settled["treasuryBaseUnits"]) - 20 * Number(written.settled["clearedWh"]);
      expect(dust).toBeGreaterThanOrEqual(0);
      expect(dust).toBeLessThan(1.06 * 22);
      expect(Number(written.settled["gasPerHouseholdDay"])).toBeGreaterThan(10_000);
      expect(run.output()).toMatch(/2 days with 22 meter-days settled/u);
      // Of the energy of those who share nothing is minted.
      expect(Number(written["mintedWh"])).toBeLessThan(Number(written["exportWh"]));
    },
    TIMEOUT_MS,
  );

  it(
    "trades half of a street by hand and half by settlement, and finds what was tampered with",
    async () => {
      const result = await play("--mode mixed --days 1");
      expect(result.failures).toEqual([]);
      expect(result.totals).toMatchObject({ days: 1, meters: 12, profiles: 12 });
      expect(result.totals.settled).toMatchObject({ days: 1, meterDays: 6 });
      expect(result.totals.settled.clearedWh).toBeGreaterThan(1_000n);
      expect(result.totals.soldWh).toBeGreaterThan(1_000n);
      expect(result.totals.paidBaseUnits).toBe(result.totals.soldWh * 150n);
      expectTamperingToShow(result);
    },
    TIMEOUT_MS,
  );

  it(
    "gives every meter of a file its share by the dynamic sharing key, also on a day one of them is silent",
    async () => {
      const path = join(folder, "street.csv");
      const rows = ["a", "b", "c", "d"].flatMap((home, index) =>
        Array.from({ length: 2 * 96 }, (_, step) => {
          const ts = new Date(Date.UTC(2021, 2, 3) + step * 900_000).toISOString().slice(0, 16);
          const height = Math.max(0, Math.sin((Math.PI * ((step % 96) - 24)) / 48));
          const sun = index % 2 === 0 ? Math.floor(height * 900_000 * noise(1, index, step)) : 0;
          return `${home},${ts},${(noise(2, index, step) * 300).toFixed(3)},${(sun / 1000).toFixed(3)}`;
        }),
      );
      writeFileSync(path, `household,ts,load_wh,pv_wh\n${rows.join("\n")}\n`);
      const secondDay = Date.UTC(2021, 2, 4) / 1000;
      const result = await play(
        `--data ${path} --mode sharing`,
        (meter, { seconds }) => meter === 4 && seconds > secondDay,
      );
      expect(result.failures).toEqual([]);
      expect(result.settlements.map(({ meters }) => meters.length)).toEqual([4, 3]);
      expect(result.totals.unattributedWh).toBe(0n);
      expect(result.totals.settled.clearedWh).toBeGreaterThan(1_000n);
      expectSharingKey(result);
    },
    TIMEOUT_MS,
  );

  it.skipIf(!existsSync(CITYLEARN))(
    "gives measured households their share by the key (skipped where the data set is not there)",
    async () => {
      const result = await play(`--data ${CITYLEARN} --from 2017-03-30 --days 3 --homes ${QUALITY_OK} --mode sharing`);
      expect(result.failures).toEqual([]);
      expect(result.totals.settled).toMatchObject({ days: 3, meterDays: 24 });
      expect(result.totals.unattributedWh).toBe(0n);
      expectSharingKey(result);
    },
    TIMEOUT_MS,
  );
});

/** The same audit on settlements that were changed here and there must name what is wrong. */
function expectTamperingToShow({ audited }: OnceResult): void {
  const [settlement] = audited.settlements;
  const [first, ...others] = settlement?.meters ?? [];
  if (settlement === undefined || first === undefined) throw new Error("Nothing was settled.");
  const audit = (changed: Partial<typeof settlement>) =>
    auditSettlements({ ...audited, settlements: [{ ...settlement, ...changed }] });

  expect(audit({})).toEqual([]);
  expect(auditSettlements({ ...audited, settlements: [] })).toContainEqual(
    expect.stringMatching(/is in 0 settlements of 2026-06-01, expected 1/u),
  );
  const heldBaseUnits = audited.money.heldBaseUnits + 1n;
  expect(auditSettlements({ ...audited, money: { ...audited.money, heldBaseUnits } })).toContainEqual(
    expect.stringMatching(/Deposits less withdrawals: \d+ base units, expected/u),
  );
  const dearer = { ...settlement.tariff, networkChargeTicks: settlement.tariff.networkChargeTicks + 1 };
  expect(audit({ tariff: dearer })).not.toEqual([]);
  const exports = first.exports.map((units, index) => (index === 48 ? units + 1 : units));
  expect(audit({ meters: [{ ...first, exports }, ...others] })).not.toEqual([]);
  // The batch begins with the community price.
  const [profile, ...profiles] = settlement.profiles;
  if (profile === undefined) throw new Error("No profile was settled.");
  expect(audit({ profiles: [{ ...profile, community: false }, ...profiles] })).toContainEqual(
    expect.stringMatching(/other limits than its owner's/u),
  );
}
