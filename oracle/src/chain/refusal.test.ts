import { contractErrorsAbi } from "@commonwatt/sdk/errors/contract-errors";
import {
  ContractFunctionExecutionError,
  ContractFunctionRevertedError,
  encodeErrorResult,
  type Hex,
  HttpRequestError,
} from "viem";
import { describe, expect, test } from "vitest";

import { readRefusal, refusalOf } from "./refusal.ts";

const encode = (errorName: "RegisterBackwards" | "DayNotAfterLast" | "IsSharing" | "DayNotOver", args: unknown[]) =>
  encodeErrorResult({ abi: contractErrorsAbi, errorName, args });

/** As viem throws it when a call reverts; nodes that are in trouble themselves send no data. */
function thrown(data?: Hex) {
  const cause = new ContractFunctionRevertedError({
    abi: contractErrorsAbi,
    functionName: "late",
    ...(data === undefined ? { message: "Internal error" } : { data }),
  });
  return new ContractFunctionExecutionError(cause, { abi: contractErrorsAbi, functionName: "late" });
}

describe("a refusal", () => {
  test.each([
    [encode("DayNotAfterLast", [20_600, 20_600]), "DayNotAfterLast", "consumed"],
    [encode("IsSharing", [7, 20_600]), "IsSharing", "shared"],
    [encode("DayNotOver", [20_600, 2n, 1n]), "DayNotOver", "later"],
    [encode("RegisterBackwards", [1n, 2n]), "RegisterBackwards", "never"],
    ["0x12345678", "unknown", "never"],
  ] as const)("%s is %s: %s", (data, error, verdict) => {
    expect(readRefusal(data)).toMatchObject({ error, verdict });
    expect(refusalOf(thrown(data))).toMatchObject({ error, verdict });
  });

  test("without data gives nothing up: the node may be in trouble, or gas ran out", () => {
    expect(readRefusal("0x")).toMatchObject({ error: "unknown", verdict: "later" });
    expect(refusalOf(thrown())).toMatchObject({ error: "unknown", verdict: "later" });
  });

  test("is none when the node did not answer", () => {
    expect(refusalOf(new HttpRequestError({ url: "http://localhost" }))).toBeUndefined();
    expect(refusalOf(new Error("no"))).toBeUndefined();
  });
});
