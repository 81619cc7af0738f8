import { MISSING } from "@commonwatt/sdk/profile";
import { describe, expect, test } from "vitest";

import { createHarness, HARNESS_DAY } from "../test/support/pipeline-harness.ts";

const DAY = 86_400;
const QUARTERS = 96;
const RUNS = 40;

/** Small, fast, and the same in every run. */
function randomFrom(seed: number) {
  let state = seed * 2 + 1;
  return (limit: number) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % limit;
  };
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

describe("whatever is dropped", () => {
  test.each([1, 10, 100])(
    "of quarter-hourly readings, exactly the energy of the missing intervals is lost (unit %i Wh)",
    async (unitWh) => {
      for (let run = 1; run <= RUNS / 4; run++) {
        const random = randomFrom(run * 977 + unitWh);
        const inputs = [
          { input: "I", meaning: "importWh" },
          { input: "X", meaning: "exportWh" },
        ];
        const harness = await createHarness({
          meters: [{ meter: 1, node: "a", fuseWatts: 34_500, unitWh, inputs }],
          timing: { maxGapSeconds: 900, graceSeconds: 0 },
        });
        const dropPercent = random(40);
        const imports: number[] = [];
        const exports: number[] = [];
        const quarters = 3 * QUARTERS;
        for (let quarter = 0; quarter <= quarters; quarter++) {
          if (quarter > 0) {
            imports.push(random(4_000));
            exports.push(random(4_000));
          }
          const isDropped = random(100) < dropPercent && quarter % quarters !== 0;
          if (!isDropped) await harness.send(quarter * 900, { I: 7 + sum(imports), X: 9 + sum(exports) });
        }
        // Where the readings before the last were dropped, it waits for one more to say the same.
        await harness.send(quarters * 900 + 60, { I: 7 + sum(imports), X: 9 + sum(exports) });
        const days = await harness.closeAt(3 * DAY);
        expect(days).toHaveLength(3);
        let registerBefore = 0n;
        for (const [index, { profile }] of days.entries()) {
          const truth = imports.slice(index * QUARTERS, (index + 1) * QUARTERS);
          const lost = truth.filter((_, at) => profile.quality[at] === MISSING);
          const increase = profile.importRegister - registerBefore;
          registerBefore = profile.importRegister;
          // Exact in units for 1 Wh; a larger unit rounds each register down, so at most one unit moves per boundary.
          const unattributedUnits = Number(increase) - sum(profile.imports);
          if (unitWh === 1) {
            const expected = truth.map((wh, at) => (profile.quality[at] === MISSING ? 0 : wh));
            expect(profile.imports).toEqual(expected);
            // Pairs that are too long and end in the next day book their energy there.
            if (profile.quality[95] !== MISSING && days[index - 1]?.profile.quality[95] !== MISSING) {
              expect(unattributedUnits).toBe(sum(lost));
            }
          }
          expect(unattributedUnits).toBeGreaterThanOrEqual(0);
        }
        const last = days.at(-1)?.profile;
        expect(last?.importRegister).toBe(BigInt(Math.floor(sum(imports) / unitWh)));
        expect(last?.exportRegister).toBe(BigInt(Math.floor(sum(exports) / unitWh)));
      }
    },
  );

  test("at any pace, with repeats and disorder, registers hold all energy and intervals never more than they", async () => {
    for (let run = 1; run <= RUNS; run++) {
      const random = randomFrom(run * 7_919);
      const harness = await createHarness({
        meters: [{ meter: 1, node: "a", fuseWatts: 17_250, inputs: [{ input: "E", meaning: "netWh" }] }],
        timing: { maxGapSeconds: 1_800, measuredGapSeconds: 600, graceSeconds: 600 },
      });
      let counter = 1_000_000;
      let expectedImport = 0;
      let expectedExport = 0;
      let last: { seconds: number; counter: number } | undefined;
      for (let seconds = random(600); seconds <= 2 * DAY + 3_600; seconds += 1 + random(900)) {
        counter += random(200) - 100;
        // The fuse carries 4.8 Wh a second: after the shortest steps the change may be refused, and is made up later.
        if (
          random(5) === 0 ||
          (last !== undefined && Math.abs(counter - last.counter) > (seconds - last.seconds) * 4.7)
        )
          continue;
        await harness.send(seconds, { E: counter });
        if (random(7) === 0) await harness.send(seconds - random(1_000), { E: counter - 5 });
        if (last !== undefined) {
          expectedImport += Math.max(counter - last.counter, 0);
          expectedExport += Math.max(last.counter - counter, 0);
        }
        last = { seconds, counter };
        await harness.closeAt(seconds);
      }
      // A last day, closed by the grace, so that all energy is in a profile.
      await harness.closeAt(4 * DAY);
      const profiles = harness.closed.map(({ profile }) => profile);
      expect(profiles.map(({ day }) => day)).toEqual([HARNESS_DAY, HARNESS_DAY + 1, HARNESS_DAY + 2]);
      expect(profiles.at(-1)?.importRegister).toBe(BigInt(expectedImport));
      expect(profiles.at(-1)?.exportRegister).toBe(BigInt(expectedExport));
      let before = { importRegister: 0n, exportRegister: 0n };
      for (const profile of profiles) {
        expect(BigInt(sum(profile.imports))).toBeLessThanOrEqual(profile.importRegister - before.importRegister);
        expect(BigInt(sum(profile.exports))).toBeLessThanOrEqual(profile.exportRegister - before.exportRegister);
        before = profile;
      }
    }
  });
});
