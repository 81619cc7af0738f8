import { ESTIMATED, MEASURED, MISSING } from "@commonwatt/sdk/profile";
import { describe, expect, test } from "vitest";

import { createHarness, HARNESS_START } from "../test/support/pipeline-harness.ts";

/** What goes wrong in the field, each from the message to the signed day: decoded, in the inbox, registered, closed. */

const DAY = 86_400;
const QUARTER = 900;
const ALL_MEASURED = Array<number>(96).fill(MEASURED);

type Values = Record<string, number | null | string>;
type Sent = readonly [seconds: number, values: Values, node?: string];
type Expected = {
  /** Registers at the day's end, Wh. */
  importWh: number;
  exportWh?: number;
  /** Intervals that are not measured. */
  estimated?: readonly number[];
  missing?: readonly number[];
  /** What the attributed intervals sum to; without it, the register's increase. */
  attributedWh?: number;
  refusals?: Readonly<Record<string, number>>;
};

const importMeter = [{ input: "I", meaning: "importWh" }];
const netMeter = [{ input: "E1", meaning: "netWh" }];
const powerMeter = [{ input: "P1", meaning: "netPowerW" }];

/** 1 kW, sent every quarter-hour, as a counter that starts at `start`. */
function counterDay(start: number, input: string, change: (value: number, quarter: number) => number): Sent[] {
  return Array.from({ length: 97 }, (_, quarter) => [
    quarter * QUARTER,
    { [input]: change(start + 250 * quarter, quarter) },
  ]);
}

const plain = (value: number) => value;
/** The same day with other messages put in their place by time. */
const with_ = (day: Sent[], ...others: Sent[]): Sent[] => [...day, ...others].toSorted((a, b) => a[0] - b[0]);
const without = (day: Sent[], ...quarters: number[]): Sent[] => day.filter((_, quarter) => !quarters.includes(quarter));
/** A 32-bit counter's way of showing a number. */
const int32 = (value: number) => value | 0;

const TRAPS: readonly (readonly [name: string, inputs: object[], sent: Sent[], expected: Expected])[] = [
  [
    "a counter reads 0 for a moment, then the true value: the 53.7 MWh are not billed",
    importMeter,
    counterDay(53_700_000, "I", (value, quarter) => (quarter === 40 ? 0 : value)),
    { importWh: 24_000, estimated: [39, 40], refusals: { "counter-zero": 1 } },
  ],
  [
    "a net counter reads 0 for a moment",
    netMeter,
    counterDay(53_700_000, "E1", (value, quarter) => (quarter === 40 ? 0 : value)),
    { importWh: 24_000, exportWh: 0, estimated: [39, 40], refusals: { "counter-zero": 1 } },
  ],
  [
    "a counter reads 0 in its very first message",
    importMeter,
    counterDay(53_700_000, "I", (value, quarter) => (quarter === 0 ? 0 : value)),
    // From the second message on, once two more have said the same.
    { importWh: 23_750, missing: [0], refusals: { spike: 2 } },
  ],
  [
    "a counter restarts after a reboot",
    importMeter,
    counterDay(80_000, "I", (value, quarter) => (quarter < 40 ? value : value - 80_000 - 40 * 250 + 100)),
    // 150 Wh before the reboot within its quarter-hour are not known to anyone; what it shows since is billed.
    { importWh: 23_850, attributedWh: 23_750, missing: [39], refusals: { "counter-fell": 2 } },
  ],
  [
    "a net counter restarts after an outage so long that the fall could have been export",
    netMeter,
    without(
      counterDay(100_000, "E1", (value, quarter) => (quarter < 40 ? value : value - 100_000 - 40 * 250)),
      ...Array.from({ length: 24 }, (_, index) => 16 + index),
    ),
    // 15 quarter-hours before, 56 after; 0 Wh are shown at the first message after it.
    { importWh: 17_750, exportWh: 0, missing: Array.from({ length: 25 }, (_, index) => 15 + index) },
  ],
  [
    "an int32 counter wraps to its lowest value",
    importMeter,
    counterDay(2_147_483_647 - 10_100, "I", int32),
    { importWh: 24_000 },
  ],
  [
    "an int32 net counter wraps downwards while it exports",
    netMeter,
    Array.from({ length: 97 }, (_, quarter): Sent => [
      quarter * QUARTER,
      { E1: int32(-2_147_473_648 - 250 * quarter) },
    ]),
    { importWh: 0, exportWh: 24_000, attributedWh: 24_000 },
  ],
  [
    "a counter of 31 bits wraps to 0",
    importMeter,
    counterDay(2 ** 31 - 10_100, "I", (value) => value % 2 ** 31),
    { importWh: 24_000 },
  ],
  [
    "a spike implies more than the fuse allows",
    importMeter,
    counterDay(0, "I", (value, quarter) => (quarter === 40 ? value + 4_400 : value)),
    { importWh: 24_000, estimated: [39, 40], refusals: { spike: 1 } },
  ],
  [
    "a spike of power implies more than the fuse allows",
    powerMeter,
    Array.from({ length: 1_441 }, (_, minute): Sent => [minute * 60, { P1: minute === 601 ? 40_000 : 1_000 }]),
    { importWh: 24_000, refusals: { spike: 1 } },
  ],
  [
    "null is not 0",
    importMeter,
    with_(counterDay(1_000, "I", plain), [40 * QUARTER + 60, { I: null }], [41 * QUARTER + 60, { I: "NaN" }]),
    { importWh: 24_000, refusals: { "not-a-number": 2 } },
  ],
  [
    "null is not a power of 0",
    powerMeter,
    Array.from({ length: 1_441 }, (_, minute): Sent => [minute * 60, { P1: minute % 2 === 1 ? null : 1_000 }]),
    { importWh: 24_000, refusals: { "not-a-number": 720 } },
  ],
  [
    "a batch is sent again after a timeout",
    importMeter,
    [
      ...counterDay(0, "I", plain).slice(0, 60),
      ...counterDay(0, "I", plain).slice(30, 60),
      ...counterDay(0, "I", plain).slice(60),
    ],
    { importWh: 24_000, refusals: { "out-of-order": 29, duplicate: 1 } },
  ],
  [
    "the sender's clock is years off until it finds a time server",
    importMeter,
    counterDay(0, "I", plain).map(([seconds, values], quarter): Sent =>
      quarter < 8 ? [seconds - 20_000 * DAY + 60, values] : [seconds, values],
    ),
    { importWh: 22_000, missing: [0, 1, 2, 3, 4, 5, 6, 7], refusals: { "too-old": 8 } },
  ],
  [
    "the sender's clock is hours slow for a while",
    importMeter,
    counterDay(0, "I", plain).map(([seconds, values], quarter): Sent =>
      quarter >= 40 && quarter < 48 ? [seconds - 7_200, values] : [seconds, values],
    ),
    // Seven are behind what was there, the eighth is at the same second; the first right one waits for the next.
    {
      importWh: 24_000,
      attributedWh: 21_750,
      missing: [39, 40, 41, 42, 43, 44, 45, 46, 47],
      refusals: { "out-of-order": 7, duplicate: 1, unconfirmed: 1 },
    },
  ],
  [
    "the sender's clock is fast: a message of tomorrow is refused, and the day goes on",
    importMeter,
    with_(counterDay(0, "I", plain), [40 * QUARTER + 1, { I: 10_001 }]).map(([seconds, values]): Sent =>
      seconds === 40 * QUARTER + 1 ? [-1, values] : [seconds, values],
    ),
    { importWh: 24_000, refusals: { "from-the-future": 1 } },
  ],
  [
    "messages come out of order",
    importMeter,
    counterDay(0, "I", plain).map((sent, quarter, all) => {
      if (quarter % 4 === 1 && quarter < 96) return all[quarter + 1] ?? sent;
      return quarter % 4 === 2 ? (all[quarter - 1] ?? sent) : sent;
    }),
    {
      importWh: 24_000,
      estimated: Array.from({ length: 96 }, (_, index) => index).filter((index) => index % 4 < 2),
      refusals: { "out-of-order": 24 },
    },
  ],
  [
    "the same node name comes from two gateways",
    importMeter,
    with_(
      counterDay(1_000_000, "I", plain),
      ...counterDay(9_000, "I", plain).map(([seconds, values]): Sent => [seconds + 300, values]),
    ),
    { importWh: 24_000, refusals: { "counter-fell": 97 } },
  ],
];

async function run(inputs: object[], sent: readonly Sent[]) {
  const harness = await createHarness({ meters: [{ meter: 1, node: "a", fuseWatts: 17_250, inputs }] });
  let now = 0;
  for (const [seconds, values, node = "a"] of sent) {
    // The clock goes by the messages that are right; -1 stands for one that is a day ahead.
    if (seconds >= 0) now = Math.max(now, seconds);
    harness.setTime(now);
    const time = HARNESS_START + (seconds === -1 ? now + DAY : seconds);
    await harness.sendRaw(`emon/${node}`, JSON.stringify({ time, ...values }));
  }
  const [day] = await harness.closeAt(DAY + 3 * 3_600);
  return { day, refusals: harness.refusals(), harness };
}

describe("a trap", () => {
  test.each(TRAPS)("%s", async (_name, inputs, sent, expected) => {
    const { day, refusals } = await run(inputs, sent);
    const profile = day?.profile;
    const sum = (values: readonly number[] = []) => values.reduce((total, value) => total + value, 0);
    const attributedWh = expected.attributedWh ?? expected.importWh + (expected.exportWh ?? 0);
    const quality = ALL_MEASURED.map((measured, index) => {
      if (expected.missing?.includes(index) === true) return MISSING;
      return expected.estimated?.includes(index) === true ? ESTIMATED : measured;
    });
    expect({
      importWh: Number(profile?.importRegister),
      exportWh: Number(profile?.exportRegister),
      attributedWh: sum(profile?.imports) + sum(profile?.exports),
      quality: profile?.quality,
      refusals: expected.refusals === undefined ? undefined : refusals,
    }).toEqual({
      importWh: expected.importWh,
      exportWh: expected.exportWh ?? 0,
      attributedWh,
      quality,
      refusals: expected.refusals,
    });
  });

  test("power at the end of 16 bits is no measurement: its time is missing, and nothing is billed for it", async () => {
    const meters = [{ meter: 1, node: "a", fuseWatts: 43_000, inputs: powerMeter }];
    const harness = await createHarness({ meters });
    for (let minute = 0; minute <= 1_440; minute++)
      await harness.send(minute * 60, { P1: minute > 600 && minute <= 605 ? 32_767 : 6_000 });
    const [day] = await harness.closeAt(DAY);
    expect(day?.profile.importRegister).toBe(BigInt((1_440 - 5) * 100));
    expect(day?.profile.quality.flatMap((quality, index) => (quality === MISSING ? [index] : []))).toEqual([40]);
    expect(harness.refusals()).toEqual({ saturated: 5 });
  });

  test("power and energy disagree: the counter is billed, as an estimate", async () => {
    const inputs = [...netMeter, { input: "P1", meaning: "checkPowerW" }];
    const harness = await createHarness({ meters: [{ meter: 1, node: "a", fuseWatts: 17_250, inputs }] });
    for (let minute = 0; minute <= 1_440; minute++)
      await harness.send(minute * 60, { E1: 20 * minute, P1: minute > 600 && minute <= 660 ? -1_200 : 1_200 });
    const [day] = await harness.closeAt(DAY);
    expect(day?.profile.imports).toEqual(Array(96).fill(300));
    const estimated = day?.profile.quality.flatMap((quality, index) => (quality === ESTIMATED ? [index] : []));
    expect(estimated).toEqual([40, 41, 42, 43]);
    expect(day?.disagreement).toEqual({ counterNetWh: 28_800, powerNetWh: 26_400, intervals: 4 });
  });

  test.each([
    ["92", "2025-03-30", "+01:00", "+02:00"],
    ["100", "2024-10-27", "+02:00", "+01:00"],
  ])("a day of %s quarter-hours in local time (%s) has 96 all the same", async (_quarters, date, before, after) => {
    const zone = process.env["TZ"];
    process.env["TZ"] = "Europe/Berlin";
    try {
      const harness = await createHarness({
        meters: [{ meter: 1, node: "a", fuseWatts: 17_250, inputs: importMeter }],
      });
      const start = Date.parse(`${date}T00:00:00Z`) / 1_000;
      for (let quarter = 0; quarter <= 96; quarter++) {
        const offset = quarter < 4 ? before : after;
        const local = new Date((start + quarter * QUARTER + Number(offset.slice(1, 3)) * 3_600) * 1_000);
        harness.setTime(start + quarter * QUARTER - HARNESS_START);
        const message = { time: `${local.toISOString().slice(0, 19)}${offset}`, I: 250 * quarter };
        await harness.sendRaw("emon/a", JSON.stringify(message));
      }
      const [day] = await harness.closeAt(start + DAY - HARNESS_START);
      expect(day?.profile).toMatchObject({ imports: Array(96).fill(250), quality: ALL_MEASURED });
    } finally {
      if (zone === undefined) delete process.env["TZ"];
      else process.env["TZ"] = zone;
    }
  });

  test("apparent power without a sign cannot be what a meter is billed by", async () => {
    const meters = [{ meter: 1, node: "a", fuseWatts: 17_250, voltageSensing: false, inputs: powerMeter }];
    await expect(createHarness({ meters })).rejects.toThrow(/voltageSensing: false, expected true/u);
  });
});
