import { type Abi, type AbiParameter, encodeErrorResult, type Hex, toFunctionSelector } from "viem";
import { describe, expect, it } from "vitest";

import { DAY } from "../../test/samples.ts";
import * as abis from "../generated/abis.ts";
import { meterNumber, tokenId } from "../ids.ts";
import { firstInterval, interval } from "../time.ts";
import { wh } from "../units.ts";
import { contractErrorsAbi, explainRevertData, explanations } from "./contract-errors.ts";

const ADDRESS = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8";
const AT = interval(firstInterval(DAY) + 53);
const SECONDS = 1_496_323_800n;

/** A value an argument can have in the field, by its name and type. */
function sample({ name = "", type }: AbiParameter): unknown {
  if (type === "bool") return true;
  if (type.endsWith("[]")) return [sample({ name, type: type.slice(0, -2) })];
  if (type === "address") return ADDRESS;
  if (type === "string") return "something";
  if (type.startsWith("bytes")) return `0x${"ab".repeat(Number(type.slice(5)) || 4)}`;
  const value = type === "uint8" ? 8n : sampleNumber(name);
  return /^uint(8|16|32)$/u.test(type) ? Number(value) : value;
}

function sampleNumber(name: string): bigint {
  if (/BaseUnits$|^balance$|^allowance$|^needed$/u.test(name)) return 12_345_678n;
  if (/Wh$/u.test(name)) return 1_500n;
  if (/day$|^today$/iu.test(name)) return BigInt(DAY);
  if (/At$|^timestamp$|^deadline$|^expiry$|^until$/u.test(name)) return SECONDS;
  if (/^(interval|first|last|offerFirst|offerLast)$/u.test(name)) return BigInt(AT);
  if (/^(id|tokenId)$/u.test(name)) return tokenId(meterNumber(7), AT);
  return 4_321n;
}

/** Each error once, by what it looks like to a reader: contracts share some. */
const customErrors = new Map(
  contractErrorsAbi.flatMap((item) =>
    item.type === "error"
      ? [[`${item.name}(${item.inputs.map(({ name, type }) => `${type} ${name ?? ""}`).join(", ")})`, item] as const]
      : [],
  ),
);

describe("explanations", () => {
  it("cover every error of every generated ABI, so that a new error cannot go without words", () => {
    const names = Object.values(abis).flatMap((abi: Abi) =>
      abi.flatMap((item) => (item.type === "error" ? item.name : [])),
    );
    expect(names.length).toBeGreaterThan(50);
    expect(names.filter((name) => !(name in explanations))).toEqual([]);
  });

  it("explain nothing that cannot happen", () => {
    const known = new Set([...customErrors.values()].map(({ name }) => name));
    expect(Object.keys(explanations).filter((name) => !known.has(name))).toEqual([]);
  });

  it.each([...customErrors])("%s is one plain sentence", (_signature, item) => {
    const data = encodeErrorResult({ abi: [item] as Abi, errorName: item.name, args: item.inputs.map(sample) });
    const text = explainRevertData(data);
    expect(text).toMatch(/^["A-Z0-9].*\.$/u);
    // Neither the error's own name nor raw values.
    expect(text).not.toContain(item.name);
    expect(text).not.toMatch(/undefined|NaN|\[object|12345678|1496323800/u);
    expect(text.length).toBeLessThan(260);
  });
});

/** The revert data of an error of one of the ABIs. */
function revert(errorName: string, args: readonly unknown[]): Hex {
  const item = [...customErrors.values()].find(
    ({ name, inputs }) => name === errorName && inputs.length === args.length,
  );
  if (item === undefined) throw new Error(`No error ${errorName} with ${args.length} arguments.`);
  return encodeErrorResult({ abi: [item] as Abi, errorName, args });
}

describe("explainRevertData", () => {
  it.each([
    ["OfferOverfilled", [7n, 2_500n, 1_234n], "Offer 7 has only 1.234 kWh left, less than the 2.500 kWh asked for."],
    ["PaymentAboveLimit", [1_500_000n, 61_835n], "The purchase costs 1.50 EUR, more than the limit of 0.061835 EUR."],
    [
      "RetirementExceedsImport",
      [BigInt(AT), 2_000n, 250n],
      "At 2017-06-01 13:15 UTC only 0.250 kWh of import is left to cover, not 2.000 kWh.",
    ],
    [
      "RetirementWindowClosed",
      [DAY, SECONDS],
      "Energy of 2017-06-01 can no longer be used: its window closed at 2017-06-01 13:30 UTC.",
    ],
    [
      "ERC1155InsufficientBalance",
      [ADDRESS, 0n, 1_000n, tokenId(meterNumber(7), AT)],
      "0x7099…79C8 holds 0.000 kWh of meter 7 at 2017-06-01 13:15 UTC, but 1.000 kWh is needed. The rest was sold, used, or has expired.",
    ],
    ["ERC20InsufficientBalance", [ADDRESS, 10_000n, 2_000_000n], "0x7099…79C8 has 0.01 EUR, but 2.00 EUR is needed."],
    ["PricesCrossed", [53n, 1_501n, 1_500n], "at 13:15 UTC are crossed: from 0.1501 EUR/kWh to 0.15 EUR/kWh."],
    [
      "StandsStill",
      [7, DAY, SECONDS],
      "Nothing about meter 7 can change while 2017-06-01 is being settled, until 2017-",
    ],
    ["NotMeterOwner", [7, ADDRESS, ADDRESS], "Only the owner of meter 7, 0x7099…79C8, can "],
  ] as const)("tells %s in units people use", (name, args, text) => {
    expect(explainRevertData(revert(name, args))).toContain(text);
  });

  it("tells registers in kWh where the meter's unit is known, else as units", () => {
    const data = revert("RegisterBackwards", [123_456n, 200_000n]);
    expect(explainRevertData(data)).toBe(
      "The meter's register ran backwards: it says 123,456 units after 200,000 units.",
    );
    expect(explainRevertData(data, { unitWh: wh(10) })).toBe(
      "The meter's register ran backwards: it says 1,234.560 kWh after 2,000.000 kWh.",
    );
  });

  it("names another currency", () => {
    expect(explainRevertData(revert("PaymentAboveLimit", [1_000_000n, 0n]), { currency: "CHF" })).toContain("1.00 CHF");
  });

  it("tells both errors of one name that differ between contracts", () => {
    const id = tokenId(meterNumber(7), AT);
    expect(explainRevertData(revert("NotMultipleOfUnit", [id, 15n, 10n]))).toBe(
      "0.015 kWh of meter 7 at 2017-06-01 13:15 UTC cannot be moved: that meter counts in steps of 0.010 kWh.",
    );
    expect(explainRevertData(revert("NotMultipleOfUnit", [15n, 10n]))).toBe(
      "0.015 kWh cannot be used: the meter counts in steps of 0.010 kWh.",
    );
  });

  it("still says something of values beyond any calendar", () => {
    expect(explainRevertData(revert("OfferExpired", [(1n << 64n) - 1n, SECONDS]))).toContain("the end of time");
    expect(explainRevertData(revert("DayNotAfterLast", [0xffff_ffff, DAY]))).toBe(
      `The contract refused: DayNotAfterLast (day 4294967295, lastDay ${DAY}).`,
    );
    expect(explainRevertData(revert("ERC1155InsufficientBalance", [ADDRESS, 0n, 1n, 1n << 200n]))).toContain(
      "The contract refused: ERC1155InsufficientBalance",
    );
  });

  it("knows the language's own reverts", () => {
    const abi = [
      { type: "error", name: "Error", inputs: [{ name: "message", type: "string" }] },
      { type: "error", name: "Panic", inputs: [{ name: "code", type: "uint256" }] },
    ] as const;
    expect(explainRevertData(encodeErrorResult({ abi, errorName: "Error", args: ["closed on Sundays"] }))).toBe(
      "The contract refused: closed on Sundays.",
    );
    expect(explainRevertData(encodeErrorResult({ abi, errorName: "Panic", args: [0x11n] }))).toBe(
      "The contract failed with internal error 17. Please report this.",
    );
  });

  it("says so when there is no reason, or one it does not know", () => {
    expect(explainRevertData("0x")).toBe("The contract refused without giving a reason.");
    expect(explainRevertData(toFunctionSelector("SomethingElse()"))).toMatch(
      /^The contract refused for a reason that is not known here \(0x[0-9a-f]{8}\)\.$/u,
    );
    expect(explainRevertData("0x12")).toBe("The contract refused for a reason that is not known here (0x12).");
  });
});
