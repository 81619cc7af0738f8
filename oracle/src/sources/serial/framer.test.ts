import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { MAX_LINE_BYTES, MAX_TELEGRAM_BYTES } from "../decode/limits.ts";
import { createLineFramer, createTelegramFramer, type Framer } from "./framer.ts";

/** Pushes text in the given pieces and returns what came of it, as text. */
function push(framer: Framer, ...chunks: string[]): string[] {
  return chunks
    .flatMap((chunk) => framer.push(Buffer.from(chunk, "latin1")))
    .map((unit) => Buffer.from(unit).toString("latin1"));
}

describe("lines", () => {
  test("are put together however they are cut", () => {
    expect(push(createLineFramer(), "P1:1\r\nP1", ":2\n", "\n", "P1:3")).toEqual(["P1:1\r", "P1:2", ""]);
  });

  test("cut anywhere are the same lines", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "binary-ascii", maxLength: 30 })), fc.array(fc.nat(20)), (lines, cuts) => {
        const expected = lines.map((line) => line.replaceAll("\n", ""));
        const text = expected.map((line) => `${line}\n`).join("");
        const framer = createLineFramer();
        const received: string[] = [];
        let from = 0;
        for (const length of [...cuts, text.length]) {
          received.push(...push(framer, text.slice(from, from + length)));
          from += length;
        }
        expect(received).toEqual(expected);
      }),
    );
  });

  test("that do not end are dropped and counted, and the next one is whole", () => {
    const framer = createLineFramer();
    const endless = "x".repeat(1_000);
    for (let chunk = 0; chunk < 100; chunk++) expect(push(framer, endless)).toEqual([]);
    expect(push(framer, "x\nP1:1\n")).toEqual(["P1:1"]);
    expect(framer.takeOverlong()).toBe(1);
    expect(framer.takeOverlong()).toBe(0);
  });

  test("may be as long as the bound and no longer", () => {
    const framer = createLineFramer();
    expect(push(framer, `${"x".repeat(MAX_LINE_BYTES - 1)}\n`)).toHaveLength(1);
    expect(push(framer, `${"x".repeat(MAX_LINE_BYTES)}\n`)).toEqual([]);
    expect(framer.takeOverlong()).toBe(1);
  });
});

describe("telegrams", () => {
  const telegram = (number: number) => `/ABC5\r\n\r\n1-0:1.8.1(${number}*kWh)\r\n!1234\r\n`;

  test("are cut out of what is around them, with their line ends", () => {
    const text = `8.1(1*kWh)\r\n!FFFF\r\n${telegram(1)}\r\nnoise\r\n${telegram(2)}/ABC5\r\n`;
    expect(push(createTelegramFramer(), text.slice(0, 30), text.slice(30))).toEqual([telegram(1), telegram(2)]);
  });

  test("that broke off are given up when the next begins", () => {
    expect(push(createTelegramFramer(), `/ABC5\r\n1-0:1.8.1(`, `5*kWh)\r\n${telegram(2)}`)).toEqual([telegram(2)]);
  });

  test("that do not end are dropped and counted, whether in one line or in many", () => {
    const framer = createTelegramFramer();
    expect(push(framer, `/ABC5\n${"x\n".repeat(MAX_TELEGRAM_BYTES)}`)).toEqual([]);
    expect(framer.takeOverlong()).toBe(1);
    expect(push(framer, `/${"x".repeat(2 * MAX_TELEGRAM_BYTES)}\n!0000\n`, telegram(3))).toEqual([telegram(3)]);
    expect(framer.takeOverlong()).toBe(1);
  });
});
