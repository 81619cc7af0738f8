import { day, parseIsoDay } from "@commonwatt/sdk/time";
import { describe, expect, it } from "vitest";

import { type Battery, runBattery } from "./battery.ts";
import { noise } from "./noise.ts";
import { generateStreet, streetQuarters } from "./street.ts";

const JUNE = parseIsoDay("2026-06-01");
const DECEMBER = parseIsoDay("2026-12-01");
const DAYS = 14;

function quartersOfHome(firstDay = JUNE) {
  return streetQuarters(1, firstDay).map((quartersOf) =>
    Array.from({ length: DAYS }, (_, index) => quartersOf(day(firstDay + index))).flat(),
  );
}

describe("the generated street", () => {
  it("is the same in every run, and another one with another seed", () => {
    const rows = (seed: number) => generateStreet(seed, JUNE, 2).homes.map((home) => home.rowsOfDay(day(JUNE + 1)));
    expect(rows(1)).toEqual(rows(1));
    expect(rows(1)).not.toEqual(rows(2));
  });

  it("gives the same day again, after a later one too", () => {
    const home = generateStreet(1, JUNE, undefined).homes[6];
    const second = home?.rowsOfDay(day(JUNE + 1));
    home?.rowsOfDay(day(JUNE + 5));
    expect(home?.rowsOfDay(day(JUNE + 1))).toEqual(second);
  });

  it("knows no negative energy, and no sun at night", () => {
    for (const quarters of quartersOfHome()) {
      for (const [index, quarter] of quarters.entries()) {
        for (const value of Object.values(quarter)) expect(Number.isSafeInteger(value) && value >= 0).toBe(true);
        if (index % 96 < 8) expect(quarter.solarMilliWh).toBe(0);
      }
    }
  });

  it("draws and yields what homes do: kWh per day in a plausible range, less sun in winter", () => {
    const solarPerDay = (firstDay: typeof JUNE): number =>
      quartersOfHome(firstDay)
        .flat()
        .reduce((sum, { solarMilliWh }) => sum + solarMilliWh, 0) /
      DAYS /
      1e6;
    for (const quarters of quartersOfHome()) {
      const kWhPerDay = quarters.reduce((sum, { loadMilliWh }) => sum + loadMilliWh, 0) / DAYS / 1e6;
      expect(kWhPerDay).toBeGreaterThan(3);
      expect(kWhPerDay).toBeLessThan(40);
    }
    // 37.4 kWp in all.
    expect(solarPerDay(JUNE) / 37.4).toBeGreaterThan(2);
    expect(solarPerDay(JUNE) / 37.4).toBeLessThan(7);
    expect(solarPerDay(DECEMBER)).toBeLessThan(solarPerDay(JUNE) / 3);
  });

  it("balances the battery: what it holds is what it took in less what it gave and lost", () => {
    const quarters = quartersOfHome()[6] ?? [];
    const taken = quarters.reduce((sum, { chargeMilliWh }) => sum + chargeMilliWh, 0);
    const given = quarters.reduce((sum, { dischargeMilliWh }) => sum + dischargeMilliWh, 0);
    const held = quarters.at(-1)?.storedMilliWh ?? 0;
    expect(taken).toBeGreaterThan(0);
    expect(given).toBeGreaterThan(0);
    const lost = taken - given - held;
    // 5 % are lost each way; rounding adds at most 1 milli-Wh per quarter-hour.
    expect(Math.abs(lost - (taken * 0.05 + (given / 0.95) * 0.05))).toBeLessThanOrEqual(quarters.length);
  });
});

describe("runBattery", () => {
  const battery: Battery = { capacityMilliWh: 10_000, quarterMilliWh: 3_000, perMilleEachWay: 950 };

  it("stays within capacity and power, and never makes energy", () => {
    let stored = 0;
    for (let step = 0; step < 2_000; step++) {
      const net = Math.floor(noise(step) * 12_000) - 6_000;
      const { chargeMilliWh, dischargeMilliWh, storedMilliWh } = runBattery(battery, stored, net);
      expect(chargeMilliWh).toBeLessThanOrEqual(Math.min(3_000, Math.max(0, -net)));
      expect(dischargeMilliWh).toBeLessThanOrEqual(Math.min(3_000, Math.max(0, net)));
      expect(storedMilliWh - stored).toBeLessThanOrEqual(chargeMilliWh - dischargeMilliWh);
      expect(storedMilliWh).toBeGreaterThanOrEqual(0);
      expect(storedMilliWh).toBeLessThanOrEqual(battery.capacityMilliWh);
      stored = storedMilliWh;
    }
  });
});
