import { size } from "viem";
import { describe, expect, it } from "vitest";

import { dayMarket } from "../../test/markets.ts";
import { plannedMeter } from "../../test/planned.ts";
import { forSeeds, Random } from "../../test/random.ts";
import { DAY } from "../../test/samples.ts";
import { InvalidValueError } from "../commonwatt-error.ts";
import { encodeQuality, MISSING } from "../profile.ts";
import { decodeSettleDay, encodeSettleDay, MAX_TRANSACTION_BYTES } from "./calldata.ts";
import { type PlannedMeter, planSettlement, type SettlementInput } from "./plan.ts";
import { clearDay } from "./reference/day.ts";
import type { SettlementMeter } from "./types.ts";

/** A street where everybody is announced. */
function street(random: Random, count: number, options: { p256?: boolean; quality?: boolean } = {}) {
  const { meters, tariff } = dayMarket(random, count);
  const planned = meters.map((meter, seat) => plannedMeter(random, meter, { seat, ...options }));
  return {
    meters,
    planned,
    input: { day: DAY, tariff, bitmap: (1n << BigInt(count)) - 1n, forced: [], meters: planned },
  };
}

function change(input: SettlementInput, place: number, to: Partial<PlannedMeter>): SettlementInput {
  return { ...input, meters: input.meters.map((meter, index) => (index === place ? { ...meter, ...to } : meter)) };
}

const byMeter = (a: { meter: number }, b: { meter: number }) => a.meter - b.meter;
const without = (meters: readonly SettlementMeter[], place: number) => meters.filter((_, index) => index !== place);

describe("planSettlement", () => {
  it("clears all who are announced, and says so in the bytes", () => {
    forSeeds(60, (random) => {
      const { meters, planned, input } = street(random, random.integer(1, 12), { quality: random.chance(50) });
      const forced = random.shuffle(planned).slice(0, random.integer(0, planned.length));
      const { args, clearing, unfit, skipped } = planSettlement({
        ...input,
        forced: forced.map(({ device }) => device),
      });
      expect([unfit, skipped]).toEqual([[], []]);
      const expected = clearDay(meters, input.tariff);
      expect(clearing.intervals).toEqual(expected.intervals);
      expect(clearing.payments.toSorted(byMeter)).toEqual(expected.payments.toSorted(byMeter));
      const decoded = decodeSettleDay(encodeSettleDay(args));
      const profiles = decoded.classes.flatMap((of) => of.profiles);
      expect(profiles).toHaveLength(planned.length);
      const order = profiles.map(({ signature }) => planned.find(({ profile }) => profile.signature === signature));
      expect(order.map((found) => found?.state.meter)).toEqual(clearing.payments.map(({ meter }) => meter));
      expect(order.filter((found) => found !== undefined && forced.includes(found))).toEqual(forced);
    });
  });

  it("leaves out who is neither announced nor forced", () => {
    const { meters, planned, input } = street(new Random(2), 5);
    const announced = { ...input, bitmap: 0b01111n };
    expect(planSettlement(announced).clearing.payments).toHaveLength(4);
    const forced = planned.slice(4).map(({ device }) => device);
    const { clearing } = planSettlement({ ...announced, forced });
    expect(clearing.payments.toSorted(byMeter)).toEqual(clearDay(meters, input.tariff).payments.toSorted(byMeter));
  });

  it("skips on the evidence of the word, and clears the others", () => {
    const { meters, planned, input } = street(new Random(3), 6);
    const [, , third] = planned;
    if (third === undefined) throw new Error("too short a street");
    const { state } = third;
    const leave = { sharing: false, community: false, askTicks: 0, bidTicks: 0 };
    for (const [evidence, to] of [
      ["day consumed", { state: { ...state, lastDay: DAY } }],
      ["device revoked", { state: { ...state, active: false } }],
      ["not sharing", { queuedSettings: { effectiveDay: DAY, settings: leave } }],
    ] as const) {
      const { args, clearing, skipped } = planSettlement(change(input, 2, to));
      expect(skipped).toEqual([{ meter: state.meter, device: third.device, evidence }]);
      expect(decodeSettleDay(encodeSettleDay(args)).skipped).toEqual([third.device]);
      expect(clearing.intervals).toEqual(clearDay(without(meters, 2), input.tariff).intervals);
    }
  });

  it("keeps a device that was revoked in the window, and a change that begins later", () => {
    const { meters, planned, input } = street(new Random(4), 4);
    const [first] = planned;
    if (first === undefined) throw new Error("too short a street");
    const expected = clearDay(meters, input.tariff).intervals;
    const revoked = change(input, 0, { state: { ...first.state, active: false }, revokedInWindow: true });
    expect(planSettlement(revoked).clearing.intervals).toEqual(expected);
    const leave = { sharing: false, community: false, askTicks: 0, bidTicks: 0 };
    const later = change(input, 0, { queuedSettings: { effectiveDay: DAY + 1, settings: leave } });
    expect(planSettlement(later).clearing.intervals).toEqual(expected);
  });

  it("applies a change of limits that has begun", () => {
    const { meters, input } = street(new Random(5), 4);
    const settings = { sharing: true, community: false, askTicks: 7, bidTicks: 60_000 };
    const { clearing } = planSettlement(change(input, 0, { queuedSettings: { effectiveDay: DAY, settings } }));
    const [first, ...rest] = meters;
    if (first === undefined) throw new Error("too short a street");
    const { community, askTicks, bidTicks } = settings;
    const expected = clearDay([{ ...first, community, askTicks, bidTicks }, ...rest], input.tariff);
    expect(clearing.intervals).toEqual(expected.intervals);
  });

  it("leaves an unfit profile in the batch, without energy or money", () => {
    const { meters, planned, input } = street(new Random(6), 5);
    const [, second] = planned;
    if (second === undefined) throw new Error("too short a street");
    const { profile, state } = second;
    const imports = meters[1]?.imports.reduce((sum, units) => sum + units, 0) ?? 0;
    for (const [unfit, reason] of [
      [{ profile: { ...profile, importRegister: state.importRegister - 1n } }, "the import register is"],
      [{ profile: { ...profile, importRegister: 1n << 44n } }, "the import register is"],
      [
        { profile: { ...profile, importRegister: state.importRegister + BigInt(imports) - 1n } },
        "sum of the day's imports is",
      ],
      [{ state: { ...state, capUnits: 0 } }, "expected at most the cap of 0"],
      [{ profile: { ...profile, quality: 3n } }, "expected 0 (measured), 1 (estimated) or 2 (missing)"],
      [{ profile: { ...profile, quality: encodeQuality(Array.from({ length: 96 }, () => MISSING)) } }, "is missing"],
    ] as const) {
      const plan = planSettlement(change(input, 1, unfit));
      expect(plan.unfit).toEqual([{ meter: state.meter, reason: expect.stringContaining(reason) as string }]);
      expect(plan.clearing.intervals).toEqual(clearDay(without(meters, 1), input.tariff).intervals);
      expect(decodeSettleDay(encodeSettleDay(plan.args)).classes.flatMap((of) => of.profiles)).toHaveLength(5);
    }
  });

  it("refuses an announced seat without a meter, and a meter without its profile of the day", () => {
    const { planned, input } = street(new Random(7), 3);
    expect(() => planSettlement({ ...input, bitmap: 0b1111n })).toThrow("announced seats without a meter is 8");
    const bare = planned.map(({ device, state }) => ({ device, state }));
    expect(() => planSettlement({ ...input, meters: bare })).toThrow(InvalidValueError);
    const other = planned.map((meter) => ({ ...meter, profile: { ...meter.profile, day: DAY - 1 } }));
    expect(() => planSettlement({ ...input, meters: other })).toThrow(`expected one of day ${DAY}`);
  });

  it("stays within what nodes relay, at the largest, and takes less than 100 ms of a processor", () => {
    for (const [count, p256] of [
      [256, false],
      [234, true],
    ] as const) {
      const { input } = street(new Random(8), count, { p256, quality: true });
      const times = Array.from({ length: 5 }, () => {
        const start = process.threadCpuUsage();
        const bytes = size(encodeSettleDay(planSettlement(input).args));
        expect(bytes).toBeLessThan(MAX_TRANSACTION_BYTES - 200);
        return process.threadCpuUsage(start).user / 1000;
      });
      expect(Math.min(...times)).toBeLessThan(100);
    }
  });
});
