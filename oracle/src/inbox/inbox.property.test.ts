import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { MAX_INTERVAL_UNITS } from "@commonwatt/sdk/profile";
import fc from "fast-check";
import { expect, test } from "vitest";

import { failingDatabase, type Fate } from "../../test/support/failing-database.ts";
import { createHarness, HARNESS_START } from "../../test/support/pipeline-harness.ts";
import { createOutboxStore } from "../outbox/outbox-store.ts";
import { openSqlite } from "../storage/sqlite.ts";

const DAY = 86_400;
const STEP = 1_800;
const meters = [1, 2].map((meter) => ({
  meter,
  node: `home-${meter}`,
  fuseWatts: 17_250,
  inputs: [
    { input: "E", meaning: "netWh" },
    { input: "P", meaning: "checkPowerW" },
  ],
}));

/** Two days of two meters; each message is one half-hour of one of them. */
const messages = Array.from({ length: 2 * 97 }, (_, index) => {
  const step = index >> 1;
  const wave = Math.round(300 * Math.sin(step));
  const body = { time: HARNESS_START + step * STEP, E: 50_000 + wave + step * 7, P: wave };
  return { topic: `emon/home-${(index % 2) + 1}`, payload: Buffer.from(JSON.stringify(body)), retained: false };
});

/** Hands the messages over in parts; what a crash leaves unacknowledged is sent again, and some that was not, too. */
async function profilesOf(parts: readonly number[], crashes: readonly { after: number; fate: Fate }[], file: string) {
  let from = 0;
  const pending = [...crashes];
  /** Processes that can die are as many as there are crashes; the last one lives. */
  for (let life = 0; life <= crashes.length; life++) {
    const real = await openSqlite(file);
    const crash = pending.shift();
    const process = { isDead: false };
    const { database } = failingDatabase(real, (transaction) => {
      if (crash === undefined) return "done";
      if (process.isDead || transaction > crash.after) {
        const fate = process.isDead ? "undone" : crash.fate;
        process.isDead = true;
        return fate;
      }
      return "done";
    });
    try {
      const harness = await createHarness({ meters, timing: { graceSeconds: 0 } }, database);
      harness.setTime(2 * DAY);
      for (let part = 0; from < messages.length; part++) {
        const count = parts[part % parts.length] ?? 1;
        await Promise.all(messages.slice(from, from + count).map((message) => harness.handle(message)));
        from += count;
        if (part % 3 === 0) await harness.pipeline.catchUp();
      }
      for (const meter of await harness.pipeline.due()) {
        await harness.pipeline.closeDays(meter, MAX_INTERVAL_UNITS, ({ profile }, sql) =>
          createOutboxStore(sql).add(meter.meter, profile),
        );
      }
      const kept = await createOutboxStore(real).toSign(100);
      await real.close();
      return kept.map(({ meter, profile }) => describeDay(meter, profile)).toSorted();
    } catch (error) {
      if (!process.isDead) throw error;
      await real.close();
      // Senders do not know how much of it was stored.
      from = Math.max(0, from - 5);
    }
  }
  throw new Error("the last life has died");
}

function describeDay(meter: number, profile: object): string {
  return JSON.stringify({ meter, ...profile }, (_key, value: unknown) =>
    typeof value === "bigint" ? `${value}` : value,
  );
}

test("the same messages in any parts, with crashes between any two transactions, give the same profiles", async () => {
  const folder = mkdtempSync(join(tmpdir(), "inbox-"));
  let files = 0;
  const expected = await profilesOf([1], [], ":memory:");
  expect(expected).toHaveLength(4);
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 6 }),
      fc.array(
        fc.record({ after: fc.integer({ min: 1, max: 30 }), fate: fc.constantFrom<Fate>("undone", "unknown") }),
        { maxLength: 5 },
      ),
      async (parts, crashes) => {
        expect(await profilesOf(parts, crashes, join(folder, `${++files}.sqlite`))).toEqual(expected);
      },
    ),
    { numRuns: 40 },
  );
  rmSync(folder, { recursive: true });
}, 60_000);
