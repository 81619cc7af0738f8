import { readFileSync } from "node:fs";

import { describe, expect, it } from "vitest";

import {
  CUSTODIES,
  decodePlace,
  encodePlace,
  ENERGY_SOURCES,
  enumIndex,
  enumWord,
  KEY_TYPES,
  METER_KINDS,
  unitWhOf,
} from "./meters.ts";

const solidity = readFileSync(new URL("../../contracts/types/Meters.sol", import.meta.url), "utf8");

describe("words of the contract", () => {
  it.each([
    ["MeterKind", METER_KINDS],
    ["EnergySource", ENERGY_SOURCES],
    ["Custody", CUSTODIES],
    ["KeyType", KEY_TYPES],
  ] as const)("%s stand in the contract's order", (name, words) => {
    const body = new RegExp(`enum ${name} \\{([^}]*)\\}`, "u").exec(solidity)?.[1] ?? "";
    const members = body.split(",").map((member) => member.trim().toLowerCase());
    expect(words.map((word) => word.replace(/[ -]/gu, "").toLowerCase())).toEqual(members);
  });

  it("go both ways, and refuse what the list does not have", () => {
    expect(enumIndex(METER_KINDS, "battery")).toBe(2);
    expect(enumWord("custody", CUSTODIES, 1)).toBe("gateway");
    expect(() => enumWord("custody", CUSTODIES, 3)).toThrow("custody is 3, expected a number from 0 to 2");
  });
});

describe("unitWhOf", () => {
  it("is 1, 10 or 100 Wh", () => {
    expect([0, 1, 2].map(unitWhOf)).toEqual([1n, 10n, 100n]);
    expect(() => unitWhOf(3)).toThrow("unitExponent is 3");
  });
});

describe("places", () => {
  it("are ASCII padded with zeros", () => {
    expect(encodePlace("AT")).toBe(`0x4154${"00".repeat(30)}`);
    expect(decodePlace(encodePlace("10YAT-APG------L"))).toBe("10YAT-APG------L");
  });

  it.each(["", "Zürich", "x".repeat(33), "a\nb"])("refuse %j", (place) => {
    expect(() => encodePlace(place)).toThrow("expected 1 to 32 printable ASCII characters");
  });

  it("show foreign bytes as question marks", () => {
    expect(decodePlace(`0x41ff0042${"00".repeat(28)}`)).toBe("A??B");
  });
});
