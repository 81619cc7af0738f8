import { describe, expect, test } from "vitest";

import type { Intake } from "../src/intake/intake.ts";
import { createEmonHub } from "./support/emonhub.ts";
import { ANY_KEY, startHttpScene } from "./support/http-scene.ts";
import { createHarness, HARNESS_START } from "./support/pipeline-harness.ts";

const DAY_SECONDS = 86_400;
const BATCH_SECONDS = 1_800;
const READING_SECONDS = 60;

/** What 6 kW, the most that a reading here shows, come to in the two seconds that the line may take, and roundings. */
const BORDER_WH = 5;

/** Numbers that look random and are the same in every run. */
function createDice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state / 2 ** 31;
  };
}

/** The connection of one run: what becomes of each post. */
type Line = { lost: () => "request" | "reply" | "nothing"; delaySeconds: () => number; clockOffSeconds: number };

/**
 * A day of readings, a counter and a power of two meters, sent in batches through the real HTTP input into the real
 * pipeline.
 *
 * @returns The day as it is closed: registers and intervals.
 */
async function sendDay({ lost, delaySeconds, clockOffSeconds }: Line) {
  const meters = [
    { meter: 1, node: "counter", fuseWatts: 17_250, inputs: [{ input: "1", meaning: "importWh" }] },
    { meter: 2, node: "power", fuseWatts: 17_250, inputs: [{ input: "1", meaning: "netPowerW" }] },
  ];
  const harness = await createHarness({ meters });
  let now = 0;
  let fate: ReturnType<Line["lost"]> = "nothing";
  const intake: Intake = {
    async take(decoded) {
      if (fate === "request") throw new Error("lost on the way here");
      await harness.pipeline.intake.take(decoded);
      if (fate === "reply") throw new Error("lost on the way back");
    },
  };
  const clock = { nowMs: () => (HARNESS_START + now) * 1000, refresh: () => Promise.resolve() };
  const scene = await startHttpScene({ intake, clock, requestsPerMinute: 1_000_000 });
  // The request takes a while: it is stamped when it leaves.
  let left = 0;
  const hub = createEmonHub({
    url: scene.url,
    key: ANY_KEY,
    nowSeconds: () => HARNESS_START + left + clockOffSeconds,
    compress: true,
  });
  try {
    const dice = createDice(1);
    let wh = 1_000;
    for (let second = 0; second <= DAY_SECONDS + 3 * READING_SECONDS; second += READING_SECONDS) {
      wh += Math.floor(dice() * 100);
      const stamp = HARNESS_START + second + clockOffSeconds;
      hub.add([stamp, "counter", wh]);
      hub.add([stamp, "power", Math.floor(dice() * 4_000)]);
      if (second % BATCH_SECONDS !== 0 && second < DAY_SECONDS) continue;
      left = second;
      do {
        fate = lost();
        now = left + delaySeconds();
        harness.setTime(now);
        left = now;
      } while (!(await hub.flush()));
    }
    expect(hub.waiting()).toBe(0);
    await harness.pipeline.catchUp();
    const closed = await harness.closeAt(2 * DAY_SECONDS);
    return {
      requests: hub.requests(),
      refusals: harness.refusals(),
      days: closed.map(({ profile }) => profile).filter(({ day }) => day === HARNESS_START / DAY_SECONDS),
    };
  } finally {
    await scene.close();
  }
}

describe("an emonHub on a bad line", () => {
  const clean = sendDay({ lost: () => "nothing", delaySeconds: () => 0, clockOffSeconds: 0 });

  test("counts nothing twice and loses nothing, however often a batch comes again", async () => {
    const dice = createDice(2);
    const bad = await sendDay({
      lost: () => (dice() < 0.3 ? "request" : dice() < 0.5 ? "reply" : "nothing"),
      delaySeconds: () => Math.floor(dice() * 5),
      clockOffSeconds: 0,
    });
    expect(bad.requests).toBeGreaterThan((await clean).requests + 20);
    // The last of a batch is the same again; all before it are older than that.
    expect(bad.refusals.duplicate).toBeGreaterThan(50);
    expect(bad.refusals["out-of-order"]).toBeGreaterThan(1_000);
    expect(bad.days.map(({ importRegister }) => importRegister > 10_000n)).toEqual([true, true]);
    expect(bad.days).toEqual((await clean).days);
  });

  test("whose clock is an hour off: the energy is the same, times are right within the delay of the line", async () => {
    const dice = createDice(3);
    const { days } = await sendDay({
      lost: () => (dice() < 0.5 ? "reply" : "nothing"),
      delaySeconds: () => Math.floor(dice() * 3),
      clockOffSeconds: -3_600,
    });
    const expected = (await clean).days;
    expect(days.length).toBe(expected.length);
    for (const [index, day] of days.entries()) {
      const right = expected[index];
      expect(Math.abs(Number(day.importRegister - (right?.importRegister ?? 0n)))).toBeLessThanOrEqual(BORDER_WH);
      for (const [interval, units] of day.imports.entries()) {
        expect(Math.abs(units - (right?.imports[interval] ?? 0))).toBeLessThanOrEqual(2 * BORDER_WH);
      }
      expect(day.quality).toEqual(right?.quality);
    }
  });
});
