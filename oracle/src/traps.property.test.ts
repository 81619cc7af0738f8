import { MISSING } from "@commonwatt/sdk/profile";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { createHarness } from "../test/support/pipeline-harness.ts";

const DAY = 86_400;
const FUSE_WATTS = 17_250;
/** Between readings, in seconds; the load stays below a third of the fuse. */
const STEP = 300;
const STEPS = DAY / STEP;
const MOST_WH = Math.floor((FUSE_WATTS * STEP) / 3_600 / 3);
const SLOW_SECONDS = 6 * 3_600;

/** What becomes of a message on its way. */
const disturbance = fc.oneof(
  { weight: 3, arbitrary: fc.constant("none" as const) },
  fc.constantFrom("zero", "null", "lost", "garbage", "twice", "late", "slow clock", "again"),
);
const load = (least: number) =>
  fc.array(fc.integer({ min: least, max: MOST_WH }), { minLength: STEPS, maxLength: STEPS });
const ways = fc.array(disturbance, { minLength: STEPS, maxLength: STEPS });
/** Far from 0, near the end of 32 bits, and beyond. */
const starts = fc.constantFrom(60_000_000, 2_147_483_647 - 100_000, -60_000_000, 1_500_000_000);

type Way = "none" | "zero" | "null" | "lost" | "garbage" | "twice" | "late" | "slow clock" | "again";
type Meter = { meaning: "importWh" | "netWh"; start: number; loads: readonly number[]; ways: readonly Way[] };

/** Sends a day of readings, each disturbed in its way, and clean ones at both ends; returns its profile and the truth. */
async function live({ meaning, start, loads, ways: disturbances }: Meter) {
  const inputs = [{ input: "E", meaning }];
  const harness = await createHarness({ meters: [{ meter: 1, node: "a", fuseWatts: FUSE_WATTS, inputs }] });
  let counter = start;
  const truth = { importWh: 0, exportWh: 0 };
  const sent: { at: number; values: Record<string, unknown> }[] = [];
  const send = async (at: number, values: Record<string, unknown>) => {
    sent.push({ at, values });
    await harness.send(at, values);
  };
  await send(0, { E: counter | 0 });
  for (const [index, wh] of loads.entries()) {
    const at = (index + 1) * STEP;
    counter += wh;
    if (wh > 0) truth.importWh += wh;
    else truth.exportWh -= wh;
    harness.setTime(at);
    // The disturbance ends an hour before the day does.
    const way = index < STEPS - 12 ? (disturbances[index] ?? "none") : "none";
    const right = { E: counter | 0 };
    if (way === "zero") await send(at, { E: 0 });
    else if (way === "null") await send(at, { E: null });
    // Each time another value, and never one that the fuse would allow.
    else if (way === "garbage") await send(at, { E: 300_000_000 + index * 1_000_000 });
    else if (way === "slow clock") await send(at - SLOW_SECONDS, right);
    else if (way !== "lost") await send(at, right);
    if (way === "twice") await send(at, right);
    if (way === "late") await send(at - STEP - 7, right);
    if (way === "again") for (const { at: then, values } of sent.slice(-20)) await harness.send(then, values);
  }
  const [day] = await harness.closeAt(DAY + 3 * 3_600);
  await harness.database.close();
  if (day === undefined) throw new Error("the day was not closed");
  return { profile: day.profile, truth };
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

describe("whatever disturbs the messages of a day", () => {
  test("an import register ends at the truth, exactly, and the intervals never hold more than it", async () => {
    await fc.assert(
      fc.asyncProperty(starts, load(0), ways, async (start, loads, disturbances) => {
        const { profile, truth } = await live({ meaning: "importWh", start, loads, ways: disturbances });
        expect(profile.importRegister).toBe(BigInt(truth.importWh));
        expect(profile.exportRegister).toBe(0n);
        const unattributed = truth.importWh - sum(profile.imports);
        expect(unattributed).toBeGreaterThanOrEqual(0);
        if (!profile.quality.includes(MISSING)) expect(unattributed).toBe(0);
      }),
      { numRuns: 40 },
    );
  });

  test("a net counter ends at the true difference, and neither register is above the truth", async () => {
    await fc.assert(
      fc.asyncProperty(starts, load(-MOST_WH), ways, async (start, loads, disturbances) => {
        const { profile, truth } = await live({ meaning: "netWh", start, loads, ways: disturbances });
        const [importWh, exportWh] = [Number(profile.importRegister), Number(profile.exportRegister)];
        // What goes out and in again between two readings that arrive cannot be seen, in either register.
        expect(importWh - exportWh).toBe(truth.importWh - truth.exportWh);
        expect(importWh).toBeLessThanOrEqual(truth.importWh);
        expect(sum(profile.imports)).toBeLessThanOrEqual(importWh);
        expect(sum(profile.exports)).toBeLessThanOrEqual(exportWh);
        if (disturbances.every((way) => way === "none" || way === "twice" || way === "again"))
          expect(importWh).toBe(truth.importWh);
      }),
      { numRuns: 40 },
    );
  });

  test("a restart costs what passed between the last reading and it, and no more", async () => {
    const restart = fc.record({
      at: fc.integer({ min: 5, max: STEPS - 20 }),
      seenWh: fc.integer({ min: 0, max: 100 }),
    });
    await fc.assert(
      fc.asyncProperty(load(0), restart, async (loads, { at, seenWh }) => {
        const harness = await createHarness({
          meters: [{ meter: 1, node: "a", fuseWatts: FUSE_WATTS, inputs: [{ input: "E", meaning: "importWh" }] }],
        });
        let counter = 60_000_000;
        const lostWh = Math.max((loads[at] ?? 0) - seenWh, 0);
        await harness.send(0, { E: counter });
        for (const [index, wh] of loads.entries()) {
          counter = index === at ? wh - lostWh : counter + wh;
          await harness.send((index + 1) * STEP, { E: counter });
        }
        const [day] = await harness.closeAt(DAY);
        await harness.database.close();
        expect(day?.profile.importRegister).toBe(BigInt(sum(loads) - lostWh));
      }),
      { numRuns: 25 },
    );
  });
});
