import { describe, expect, test } from "vitest";

import { createHarness } from "../../test/support/pipeline-harness.ts";

const DAY = 86_400;
const HOUR = 3_600;
const timing = { graceSeconds: HOUR, maxLateSeconds: 3 * HOUR };

/** Half an hour passes, and one more reading of the first day trickles in. */
async function trickle(harness: Awaited<ReturnType<typeof createHarness>>, from: number, until: number) {
  let quarter = 10;
  for (let seconds = from; seconds < until; seconds += HOUR / 2) {
    harness.setTime(seconds);
    await harness.send(quarter * 900, { I: 10 * quarter, X: 0 });
    quarter++;
    if ((await harness.closeAt(seconds)).length > 0) return seconds;
  }
  return undefined;
}

describe("a day that late messages trickle in for", () => {
  test("is closed as it stands when it has waited for as long as it may", async () => {
    const harness = await createHarness({ timing });
    await harness.send(0, { I: 0, X: 0 });
    expect(await trickle(harness, DAY, DAY + 10 * HOUR)).toBe(DAY + 3 * HOUR);
    // What comes after that is in the registers of the next day.
    expect(harness.closed.map(({ profile }) => profile.importRegister)).toEqual([160n]);
  });

  test("has its whole time after an outage of the oracle, though it was over long before", async () => {
    const first = await createHarness({ timing });
    await first.send(0, { I: 0, X: 0 });
    const again = await createHarness({ timing, startSeconds: 3 * DAY }, first.database);
    expect(await trickle(again, 3 * DAY, 3 * DAY + 10 * HOUR)).toBe(3 * DAY + 3 * HOUR);
  });
});

test("after a restart the grace begins anew: what a broker has kept comes only then", async () => {
  const first = await createHarness({ timing });
  await first.send(0, { I: 0, X: 0 });
  await first.send(900, { I: 10, X: 0 });
  const again = await createHarness({ timing, startSeconds: 2 * DAY }, first.database);
  expect(await again.closeAt(2 * DAY + HOUR - 1)).toEqual([]);
  expect(await again.closeAt(2 * DAY + HOUR)).toHaveLength(1);
});
