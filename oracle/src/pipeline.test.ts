import { ESTIMATED, MEASURED, MISSING } from "@commonwatt/sdk/profile";
import { describe, expect, test } from "vitest";

import { createHarness, HARNESS_DAY } from "../test/support/pipeline-harness.ts";
import { openSqlite } from "./storage/sqlite.ts";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const DAY = 86_400;
const QUARTER = 900;
type Harness = Awaited<ReturnType<typeof createHarness>>;

/** A message at the end of each of the quarter-hours `from` to `to`: import rises by 10 in each, export by 4. */
async function measure(harness: Harness, from: number, to: number, skip: readonly number[] = []) {
  for (let quarter = from; quarter <= to; quarter++) {
    if (!skip.includes(quarter))
      await harness.send(quarter * QUARTER, { I: 5_000 + 10 * quarter, X: 800 + 4 * quarter });
  }
}

const count = (values: readonly number[], wanted: number) => values.filter((value) => value === wanted).length;

describe("a day", () => {
  test("of readings at each quarter-hour is measured, and its registers grow by exactly its intervals", async () => {
    const harness = await createHarness();
    await measure(harness, 0, 96);
    const [day] = await harness.closeAt(DAY);
    expect(day?.profile).toEqual({
      day: HARNESS_DAY,
      importRegister: 960n,
      exportRegister: 384n,
      quality: Array(96).fill(MEASURED),
      imports: Array(96).fill(10),
      exports: Array(96).fill(4),
    });
  });

  test("is not closed before its end, nor before a reading from its end has come or the grace has passed", async () => {
    const harness = await createHarness({ timing: { graceSeconds: 600 } });
    await measure(harness, 0, 95);
    expect(await harness.closeAt(DAY - 1)).toEqual([]);
    expect(await harness.closeAt(DAY)).toEqual([]);
    expect(await harness.closeAt(DAY + 599)).toEqual([]);
    const [day] = await harness.closeAt(DAY + 600);
    expect(day?.profile.quality[94]).toBe(MEASURED);
    expect(day?.profile.quality[95]).toBe(MISSING);
    expect(await harness.closeAt(2 * DAY)).toEqual([]);
  });

  test("needs a reading from its end of every channel", async () => {
    const harness = await createHarness();
    await measure(harness, 0, 95);
    await harness.send(DAY, { I: 5_960 });
    expect(await harness.closeAt(DAY)).toEqual([]);
    await harness.send(DAY + 1, { X: 1_184 });
    expect(await harness.closeAt(DAY + 1)).toHaveLength(1);
  });

  test("closes while the gateway still catches up only when it stops for the grace", async () => {
    const harness = await createHarness({ timing: { graceSeconds: 600, pastToleranceSeconds: 7 * DAY } });
    await measure(harness, 0, 4);
    // A day later the gateway is back and sends what it kept.
    harness.setTime(2 * DAY);
    await measure(harness, 5, 50);
    expect(await harness.closeAt(2 * DAY + 599)).toEqual([]);
    await measure(harness, 51, 96);
    expect((await harness.closeAt(2 * DAY + 599))[0]?.profile).toMatchObject({
      importRegister: 960n,
      quality: Array(96).fill(MEASURED),
    });
  });

  test("without a reading is left out; the next one's registers cover its energy, unattributed", async () => {
    const harness = await createHarness();
    await measure(harness, 0, 96);
    await measure(harness, 3 * 96, 4 * 96);
    const days = await harness.closeAt(5 * DAY);
    expect(days.map(({ profile }) => profile.day)).toEqual([HARNESS_DAY, HARNESS_DAY + 3]);
    expect(days.map(({ profile }) => profile.importRegister)).toEqual([960n, 3_840n]);
    // The increase is 2,880; the day itself measured 960.
    expect(days[1]?.profile.imports).toEqual(Array(96).fill(10));
  });

  test("that begins in the middle misses what was before its first reading", async () => {
    const harness = await createHarness();
    await measure(harness, 40, 96);
    const profile = (await harness.closeAt(DAY))[0]?.profile;
    expect(profile?.quality.slice(0, 40)).toEqual(Array(40).fill(MISSING));
    expect(profile?.quality.slice(40)).toEqual(Array(56).fill(MEASURED));
    expect(profile?.importRegister).toBe(560n);
  });

  test("is split from the next at midnight when a pair of readings crosses it", async () => {
    const harness = await createHarness();
    await measure(harness, 0, 95);
    await harness.send(DAY + QUARTER / 2, { I: 5_950 + 30, X: 1_180 });
    const [day] = await harness.closeAt(DAY + QUARTER);
    expect(day?.profile.imports[95]).toBe(20);
    expect(day?.profile.quality[95]).toBe(ESTIMATED);
    expect(day?.profile.importRegister).toBe(970n);
  });

  test("that was closed stays as it is: what comes late is unattributed in the next", async () => {
    const harness = await createHarness({ timing: { graceSeconds: 0 } });
    await measure(harness, 0, 90);
    const [first] = await harness.closeAt(DAY);
    expect(first?.profile.importRegister).toBe(900n);
    await measure(harness, 91, 2 * 96);
    const [second] = await harness.closeAt(2 * DAY);
    expect(second?.profile.importRegister).toBe(1_920n);
    expect(second?.profile.imports).toEqual(Array(96).fill(10));
    expect(second?.profile.quality).toEqual(Array(96).fill(MEASURED));
  });

  test("has 96 intervals of UTC, whatever the local time zone does", async () => {
    const harness = await createHarness();
    // 25 October 2026: 25 hours in Berlin.
    const start = (Date.UTC(2026, 9, 25) / 1000 - HARNESS_DAY * DAY) / QUARTER;
    await measure(harness, start, start + 96);
    const [day] = await harness.closeAt((start + 96) * QUARTER);
    expect(day?.profile.imports).toEqual(Array(96).fill(10));
  });
});

describe("a gap", () => {
  test("up to the measured one is measured, longer ones across a boundary are estimated, adding up exactly", async () => {
    const harness = await createHarness();
    await measure(harness, 0, 96, [10, 20, 21]);
    const profile = (await harness.closeAt(DAY))[0]?.profile;
    expect(
      profile?.quality.map((quality, index) => (quality === ESTIMATED ? index : -1)).filter((index) => index >= 0),
    ).toEqual([9, 10, 19, 20, 21]);
    expect(profile?.imports).toEqual(Array(96).fill(10));
  });

  test("beyond the greatest is missing: its energy goes to the register only, exactly", async () => {
    const harness = await createHarness({ timing: { maxGapSeconds: 900 } });
    await measure(harness, 0, 96, [10, 50, 51]);
    const profile = (await harness.closeAt(DAY))[0]?.profile;
    // Interval 9 ends, and interval 10 begins, where the message is lacking.
    const missing = [9, 10, 49, 50, 51];
    expect(
      profile?.quality.map((quality, index) => (quality === MISSING ? index : -1)).filter((index) => index >= 0),
    ).toEqual(missing);
    for (const index of missing) expect([profile?.imports[index], profile?.exports[index]]).toEqual([0, 0]);
    expect(profile?.importRegister).toBe(960n);
    expect(profile?.imports.reduce((sum, value) => sum + value, 0)).toBe(960 - 10 * missing.length);
  });
});

describe("an interval above what the chain accepts", () => {
  test("is missing, so that the rest of the day is recorded; its energy stays in the register", async () => {
    const harness = await createHarness({ maxUnits: 9 });
    await harness.send(0, { I: 0, X: 0 });
    for (let quarter = 1; quarter <= 96; quarter++)
      await harness.send(quarter * QUARTER, { I: quarter * 9 + (quarter > 5 ? 1 : 0), X: 0 });
    const [closed] = await harness.closeAt(DAY);
    expect(closed?.overflowing).toEqual([5]);
    expect(closed?.profile.quality.indexOf(MISSING)).toBe(5);
    expect(closed?.profile.imports[5]).toBe(0);
    expect(closed?.profile.importRegister).toBe(865n);
  });
});

describe("a message", () => {
  test("that comes twice counts once", async () => {
    const harness = await createHarness();
    for (let round = 0; round < 2; round++) await measure(harness, 0, 96);
    expect((await harness.closeAt(DAY))[0]?.profile.importRegister).toBe(960n);
    expect(harness.refusals()).toEqual({ duplicate: 2, "out-of-order": 192 });
  });

  test("from the future is refused, and one that is ahead within the tolerance is not", async () => {
    const harness = await createHarness();
    await harness.sendRaw("emon/a", `{"time":${HARNESS_DAY * DAY + 61},"I":1}`);
    expect(harness.refusals()).toEqual({ "from-the-future": 1 });
    await harness.sendRaw("emon/a", `{"time":${HARNESS_DAY * DAY + 60},"I":1}`);
    expect(harness.refusals()).toEqual({ "from-the-future": 1 });
  });

  test("that seems to come from the future makes the clock look again first", async () => {
    const harness = await createHarness();
    harness.setPendingTime(3 * QUARTER);
    await harness.sendRaw("emon/a", `{"time":${HARNESS_DAY * DAY + 3 * QUARTER},"I":1}`);
    expect(harness.refreshes()).toBe(1);
    expect(harness.refusals()).toEqual({});
  });

  test("from years ago is refused", async () => {
    const harness = await createHarness();
    await harness.sendRaw("emon/a", '{"time":12,"I":1}');
    await harness.sendRaw("emon/a", '{"time":"2001-01-01T00:00:00Z","I":1}');
    expect(harness.refusals()).toEqual({ "too-old": 2 });
  });

  test("of an unknown input or node is counted and changes nothing", async () => {
    const harness = await createHarness();
    await harness.send(1, { Vrms: 239.6, I: 5 });
    await harness.send(1, { I: 5 }, "stranger");
    expect(harness.refusals()).toEqual({ "unknown-input": 2 });
  });

  test("of null is no reading of 0", async () => {
    const harness = await createHarness();
    await measure(harness, 0, 50);
    await harness.send(50.5 * QUARTER, { I: null, X: null });
    await measure(harness, 51, 96);
    expect((await harness.closeAt(DAY))[0]?.profile).toMatchObject({
      importRegister: 960n,
      imports: Array(96).fill(10),
    });
    expect(harness.refusals()).toEqual({ "not-a-number": 2 });
  });

  test("that is garbage is refused under its own reason, and the next is taken", async () => {
    const harness = await createHarness();
    await harness.sendRaw("emon/a", "\u0000\u0001");
    await harness.sendRaw("emon/a", '{"I":1e40,"X":1}');
    await harness.sendRaw("elsewhere", "1");
    expect(harness.refusals()).toEqual({ "malformed-json": 1, "out-of-range": 1, "unknown-topic": 1 });
  });

  test("that fails does not stop the ones behind it", async () => {
    const harness = await createHarness();
    const failing = harness.handle({
      topic: "emon/a",
      payload: undefined as unknown as Uint8Array,
      retained: false,
    });
    const next = harness.send(0, { I: 7, X: 7 });
    await expect(failing).rejects.toThrow();
    await next;
    expect(await harness.store.channel(1, "I", "importWh")).toMatchObject({ counter: { value: 7 } });
  });
});

describe("nodevar messages", () => {
  test("count at their arrival by the injected clock", async () => {
    const harness = await createHarness();
    for (let quarter = 0; quarter <= 96; quarter++) {
      harness.setTime(quarter * QUARTER);
      await harness.sendRaw("emon/a/I", String(100 + 10 * quarter));
      await harness.sendRaw("emon/a/X", "0");
    }
    expect((await harness.closeAt(DAY))[0]?.profile).toMatchObject({
      importRegister: 960n,
      imports: Array(96).fill(10),
      quality: Array(96).fill(MEASURED),
    });
  });
});

describe("a net counter", () => {
  const meters = [{ meter: 1, node: "a", fuseWatts: 17_250, inputs: [{ input: "E1", meaning: "netWh" }] }];

  test("that falls with export splits each interval by sign, across an int32 wrap and a glitch to 0", async () => {
    const harness = await createHarness({ meters });
    let counter = 2_147_483_600;
    for (let quarter = 0; quarter <= 96; quarter++) {
      if (quarter > 0) counter += quarter <= 48 ? 30 : -20;
      const wrapped = ((counter + 2 ** 31) % 2 ** 32) - 2 ** 31;
      if (quarter === 20) await harness.send(quarter * QUARTER - 300, { E1: 0 });
      await harness.send(quarter * QUARTER, { E1: wrapped });
    }
    const profile = (await harness.closeAt(DAY))[0]?.profile;
    expect(profile).toMatchObject({ importRegister: 1_440n, exportRegister: 960n });
    expect(count(profile?.imports ?? [], 30)).toBe(48);
    expect(count(profile?.exports ?? [], 20)).toBe(48);
    expect(count(profile?.quality ?? [], MEASURED)).toBe(96);
    expect(harness.refusals()).toEqual({ "counter-zero": 1 });
  });
});

describe("net power", () => {
  test("is integrated, and a silence is missing without inventing energy", async () => {
    const meters = [{ meter: 1, node: "a", fuseWatts: 17_250, inputs: [{ input: "P1", meaning: "netPowerW" }] }];
    const harness = await createHarness({ meters });
    for (let minute = 0; minute <= 24 * 60; minute++) {
      const silent = minute > 60 && minute < 90;
      if (!silent) await harness.send(minute * 60, { P1: minute < 720 ? 400 : -800 });
    }
    const profile = (await harness.closeAt(DAY))[0]?.profile;
    expect(profile?.imports[0]).toBe(100);
    expect(profile?.exports[95]).toBe(200);
    expect(profile?.quality.slice(4, 6)).toEqual([MISSING, MISSING]);
    // Each power counts for the minute before it, the first after the silence for the two minutes that it may: 691 minutes
    // of 400 W, 721 of 800 W.
    expect(profile?.importRegister).toBe(4_606n);
    expect(profile?.exportRegister).toBe(9_613n);
  });
});

describe("power beside counters", () => {
  const inputs = [
    { input: "E1", meaning: "netWh" },
    { input: "P1", meaning: "checkPowerW" },
  ];
  async function dayWith(watts: number | ((minute: number) => number), silent: readonly number[] = []) {
    const harness = await createHarness({ meters: [{ meter: 1, node: "a", fuseWatts: 17_250, inputs }] });
    for (let minute = 0; minute <= 24 * 60; minute++) {
      const power = silent.includes(minute) ? {} : { P1: typeof watts === "number" ? watts : watts(minute) };
      // 600 W.
      await harness.send(minute * 60, { E1: 500_000 + 10 * minute, ...power });
    }
    const [closed] = await harness.closeAt(DAY);
    const { disagreement } = closed ?? {};
    expect(harness.pipeline.disagreementOf(1)).toEqual(
      disagreement === undefined ? undefined : { day: "2024-10-04", ...disagreement },
    );
    return closed;
  }

  test("that agrees within a tenth says nothing", async () => {
    expect((await dayWith(630))?.disagreement).toBeUndefined();
  });

  test.each([-600, 0, 6_000])(
    "that disagrees (%i W) is told, and the counters are billed, as estimates",
    async (watts) => {
      const closed = await dayWith(watts);
      expect(closed?.disagreement).toEqual({ counterNetWh: 14_400, powerNetWh: watts * 24, intervals: 96 });
      const billed = { importRegister: 14_400n, imports: Array(96).fill(150), quality: Array(96).fill(ESTIMATED) };
      expect(closed?.profile).toMatchObject(billed);
    },
  );

  test("makes estimates of those intervals only that it contradicts", async () => {
    const closed = await dayWith((minute) => (minute > 600 && minute <= 615 ? 2_600 : 600));
    expect(closed?.disagreement).toEqual({ counterNetWh: 14_400, powerNetWh: 14_900, intervals: 1 });
    expect(closed?.profile.quality.flatMap((quality, index) => (quality === ESTIMATED ? [index] : []))).toEqual([40]);
  });

  test("that was silent is not compared there", async () => {
    const silent = Array.from({ length: 120 }, (_, index) => 300 + index);
    const closed = await dayWith(-600, silent);
    // The minutes 299 to 418: of the last minutes of 19 and the first of 27 nothing is known.
    const compared = Array.from({ length: 96 }, (_, index) => (index >= 19 && index <= 27 ? MEASURED : ESTIMATED));
    expect(closed?.profile.quality).toEqual(compared);
    expect(closed?.disagreement).toEqual({ counterNetWh: 87 * 150, powerNetWh: -87 * 150, intervals: 87 });
  });

  test("that is missing altogether says nothing", async () => {
    const silent = Array.from({ length: 1_441 }, (_, index) => index);
    expect((await dayWith(-600, silent))?.disagreement).toBeUndefined();
  });
});

describe("after a restart", () => {
  test("in the middle of the day the same profile comes out", async () => {
    const folder = mkdtempSync(join(tmpdir(), "pipeline-"));
    const file = join(folder, "oracle.sqlite");
    const first = await createHarness({}, await openSqlite(file));
    await measure(first, 0, 33);
    // What is on the disk at that moment, as after kill -9.
    const left = join(folder, "left.sqlite");
    for (const part of ["", "-wal"]) copyFileSync(`${file}${part}`, `${left}${part}`);
    const second = await createHarness({}, await openSqlite(left));
    await measure(second, 33, 96);
    const [day] = await second.closeAt(DAY);
    expect(day?.profile).toMatchObject({
      importRegister: 960n,
      imports: Array(96).fill(10),
      quality: Array(96).fill(MEASURED),
    });
    await first.database.close();
    expect(await (await createHarness({}, second.database)).closeAt(3 * DAY)).toEqual([]);
    await second.database.close();
    rmSync(folder, { recursive: true });
  });

  test("between the profile and its keeping, neither is lost nor doubled", async () => {
    const harness = await createHarness();
    await measure(harness, 0, 96);
    harness.setTime(DAY);
    const [meter] = await harness.pipeline.due();
    if (meter === undefined) throw new Error("nothing is due");
    await expect(
      harness.pipeline.closeDays(meter, 32_767, () => Promise.reject(new Error("disk full"))),
    ).rejects.toThrow("disk full");
    expect((await harness.closeAt(DAY))[0]?.profile.importRegister).toBe(960n);
    expect(await harness.closeAt(DAY)).toEqual([]);
  });
});
