import { day, isoDay } from "@commonwatt/sdk/time";
import { pino } from "pino";
import { expect, test } from "vitest";

import { createHerald } from "./herald.ts";
import type { MeterView, View } from "./view.ts";

const DAY = day(20_600);
const NEXT = day(DAY + 1);

/** A herald that looks at one sharing meter, and what it said of it. */
function createScene() {
  const said: { event: string; days?: string[] }[] = [];
  const herald = createHerald(
    pino({}, { write: (line: string) => said.push(JSON.parse(line) as (typeof said)[number]) }),
  );
  const market = { day: DAY, openedAt: 1, settledAt: 2, paused: false, forcedCount: 0 };
  const snapshot = { block: 1n, market, closingWindowSeconds: 7_200, meters: [] };
  return {
    stranded: () => said.filter(({ event }) => event === "stranded").map(({ days }) => days),
    look: (changes: Partial<MeterView>, window?: View["window"]): void => {
      const meter: MeterView = {
        meter: 1,
        seat: 0,
        sharing: true,
        shares: false,
        lastDay: DAY - 1,
        changes: [],
        joinsOn: undefined,
        profiles: [{ id: 1, day: DAY, ready: true }],
        unrecordedDay: undefined,
        ...changes,
      };
      const view: View = {
        now: 0,
        closedAsOf: 0,
        startedAt: 0,
        graceSeconds: 0,
        deadlineSeconds: 0,
        enabled: true,
        paused: false,
        window,
        next: { day: NEXT, opensAt: 0 },
        meters: [meter],
      };
      herald.look(view, { do: "nothing", until: undefined }, snapshot);
    },
  };
}

test("the profiles of a revoked device are named once, and again when one more waits", () => {
  const { look, stranded } = createScene();
  look({});
  look({});
  expect(stranded()).toEqual([[isoDay(DAY)]]);
  const profiles = [DAY, NEXT].map((of) => ({ id: of, day: of, ready: true }));
  look({ profiles });
  look({ profiles });
  expect(stranded()).toEqual([[isoDay(DAY)], [isoDay(DAY), isoDay(NEXT)]]);
});

test("a profile of the open window still counts after its device was revoked", () => {
  const { look, stranded } = createScene();
  look({}, { day: DAY, settlesFrom: 1, closesAt: 2 });
  expect(stranded()).toEqual([]);
  look({});
  expect(stranded()).toHaveLength(1);
});

test("a meter that shares, and one that trades by hand, are not spoken of", () => {
  const { look, stranded } = createScene();
  look({ shares: true });
  look({ sharing: false });
  look({ profiles: [] });
  expect(stranded()).toEqual([]);
});
