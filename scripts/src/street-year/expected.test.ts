import { dayStart, parseIsoDay } from "@commonwatt/sdk/time";
import { describe, expect, it } from "vitest";

import { settle } from "../run/homes.ts";
import { MeterBook, MISSING } from "./expected.ts";
import { Gateway } from "./gateway.ts";
import { manyHomes, STEP_SECONDS } from "./homes.ts";

const DAY = parseIsoDay("2026-01-01");

/** A home's first day: what it sends, and what that must come to. */
function firstDay(home: number, replacedAt?: number) {
  const { homes } = manyHomes(1, DAY, 12);
  const resident = settle(
    homes,
    homes.map(() => "community"),
  )[home];
  if (resident === undefined) throw new Error(`There is no home ${home}.`);
  const gateway = new Gateway(resident);
  const book = new MeterBook();
  book.begin(gateway.idle(dayStart(DAY) - 900));
  const messages = gateway.messagesOfDay(DAY, replacedAt);
  return { resident, messages, expected: book.day(DAY, messages, replacedAt) };
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

describe("what a meter's messages come to", () => {
  it("is the energy of its home to the Wh, in one message every 5 minutes", () => {
    for (const home of [0, 3, 6]) {
      const { resident, messages, expected } = firstDay(home);
      // One more, for the moment at which the day begins.
      expect(messages).toHaveLength(86_400 / STEP_SECONDS + 1);
      const rows = resident.home.rowsOfDay(DAY);
      const importWh = sum(rows.map(({ netMilliWh }) => Math.max(netMilliWh, 0))) / 1_000;
      const exportWh = sum(rows.map(({ netMilliWh }) => Math.max(-netMilliWh, 0))) / 1_000;
      expect(Number(expected.importRegister)).toBeGreaterThan(importWh - rows.length);
      const netWh = Number(expected.importRegister) - Number(expected.exportRegister);
      expect(Math.abs(netWh - (importWh - exportWh))).toBeLessThanOrEqual(1);
      expect(sum(expected.imports)).toBe(Number(expected.importRegister));
      expect(sum(expected.exports)).toBe(Number(expected.exportRegister));
    }
  });

  it("loses no energy when the counter is replaced, but a quarter-hour", () => {
    const noon = dayStart(DAY) + 43_200;
    const whole = firstDay(10).expected;
    const { messages, expected } = firstDay(10, noon);
    expect(expected.importRegister).toBe(whole.importRegister);
    expect(expected.exportRegister).toBe(whole.exportRegister);
    expect(expected.quality.flatMap((quality, index) => (quality === MISSING ? [index] : []))).toEqual([48]);
    expect([expected.imports[48], expected.exports[48]]).toEqual([0, 0]);
    expect(expected.imports.toSpliced(48, 1)).toEqual(whole.imports.toSpliced(48, 1));
    const after = messages.find(({ seconds }) => seconds === noon + STEP_SECONDS);
    expect(Math.abs((JSON.parse(after?.text ?? "") as { E1: number }).E1)).toBeLessThan(500);
  });

  it("adds up over the steps of each quarter-hour of the street it is made of", () => {
    const { homes } = manyHomes(3, DAY, 30);
    expect(new Set(homes.map(({ name }) => name)).size).toBe(30);
    const [first, again] = [homes[0]?.rowsOfDay(DAY) ?? [], homes[12]?.rowsOfDay(DAY) ?? []];
    expect(first.map(({ netMilliWh }) => netMilliWh)).not.toEqual(again.map(({ netMilliWh }) => netMilliWh));
    expect(
      first.every(({ netMilliWh, generationMilliWh }) => [netMilliWh, generationMilliWh].every(Number.isInteger)),
    ).toBe(true);
  });
});
