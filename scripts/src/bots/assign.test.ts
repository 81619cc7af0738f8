import { meterNumber } from "@commonwatt/sdk/ids";
import { interval } from "@commonwatt/sdk/time";
import { wh } from "@commonwatt/sdk/units";
import { describe, expect, it } from "vitest";

import { assignDay } from "./assign.ts";

const [one, two, three] = [1, 2, 3].map(meterNumber) as [
  ReturnType<typeof meterNumber>,
  ReturnType<typeof meterNumber>,
  ReturnType<typeof meterNumber>,
];
const [morning, noon] = [interval(100), interval(101)];

describe("assignDay", () => {
  it("matches interval by interval, cheapest seller and first buyer first", () => {
    const supply = new Map([
      [three, new Map([[noon, wh(5)]])],
      [one, new Map([[noon, wh(10)]])],
    ]);
    const demand = new Map([
      [
        two,
        new Map([
          [morning, wh(9)],
          [noon, wh(7)],
        ]),
      ],
      [three, new Map([[noon, wh(1)]])],
    ]);
    expect(assignDay(supply, demand)).toEqual(
      new Map([
        [
          two,
          new Map([
            [three, new Map([[noon, 5n]])],
            [one, new Map([[noon, 2n]])],
          ]),
        ],
        [three, new Map([[one, new Map([[noon, 1n]])]])],
      ]),
    );
  });
});
