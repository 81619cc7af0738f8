import { ContractFunctionRevertedError, HttpRequestError, UserRejectedRequestError } from "viem";
import { describe, expect, it } from "vitest";

import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";

import {
  type Flow,
  type FlowState,
  isRefusal,
  readyState,
  resumeIndex,
  runFlow,
  TransactionRefusedError,
} from "./flow.ts";

/** A flow of two groups whose steps do what they are told, and a record of what ran. */
function makeFlow(outcomes: Record<string, () => Promise<string | undefined>> = {}) {
  const ran: string[] = [];
  const step = (group: string, title: string) => ({
    group,
    title,
    run: async () => {
      ran.push(title);
      return outcomes[title]?.();
    },
  });
  const flow: Flow = {
    title: "Test",
    doneMessage: "Done",
    steps: [step("a", "check a"), step("a", "sign a"), step("b", "check b"), step("b", "sign b")],
  };
  return { flow, ran };
}

const never = new AbortController().signal;
const ignore = (): void => undefined;

describe("a flow", () => {
  it("runs its steps in order, shows each state, and keeps the hashes", async () => {
    const { flow, ran } = makeFlow({ "sign b": () => Promise.resolve("0xabc") });
    const seen: FlowState[] = [];
    const end = await runFlow(flow, readyState(flow), (state) => seen.push(state), never);
    expect(ran).toEqual(["check a", "sign a", "check b", "sign b"]);
    expect(end.status).toBe("done");
    expect(end.steps[3]).toEqual({ status: "done", hash: "0xabc" });
    expect(seen.map((state) => state.steps.findIndex((step) => step.status === "active"))).toEqual([0, 1, 2, 3, -1]);
  });

  it("takes a refused signature for a decision, not for an error", async () => {
    const { flow } = makeFlow({ "sign a": () => Promise.reject(new UserRejectedRequestError(new Error("no"))) });
    const end = await runFlow(flow, readyState(flow), ignore, never);
    expect(end.status).toBe("declined");
    expect(end.message).toBeUndefined();
  });

  it("explains a failure in words and goes on from the failed group's first step", async () => {
    let fails = true;
    const { flow, ran } = makeFlow({
      "sign b": () => (fails ? Promise.reject(new CommonwattError("The offer is gone.")) : Promise.resolve(undefined)),
    });
    const failed = await runFlow(flow, readyState(flow), ignore, never);
    expect(failed).toMatchObject({ status: "failed", message: "The offer is gone." });
    expect(resumeIndex(flow, failed)).toBe(2);
    fails = false;
    ran.length = 0;
    const end = await runFlow(flow, failed, ignore, never);
    expect(ran).toEqual(["check b", "sign b"]);
    expect(end.status).toBe("done");
  });

  it("tells what the chain refused from what nobody answered: only the former is known to have changed nothing", async () => {
    const reverted = new ContractFunctionRevertedError({ abi: [], functionName: "fillMany" });
    const failures: [Error, boolean][] = [
      [new Error("could not call", { cause: reverted }), true],
      [new TransactionRefusedError("The transaction was refused when its block was made."), true],
      [new HttpRequestError({ url: "http://127.0.0.1:1" }), false],
      [new Error("no receipt within 180 s"), false],
    ];
    for (const [error, refused] of failures) {
      const { flow } = makeFlow({ "sign b": () => Promise.reject(error) });
      const end = await runFlow(flow, readyState(flow), ignore, never);
      expect(end, error.message).toMatchObject({ status: "failed", refused });
    }
  });

  it("begins no further step once nobody waits any more", async () => {
    const controller = new AbortController();
    const { flow, ran } = makeFlow({
      "sign a": () => {
        controller.abort();
        return Promise.resolve(undefined);
      },
    });
    const end = await runFlow(flow, readyState(flow), ignore, controller.signal);
    expect(end.status).toBe("stopped");
    expect(ran).toEqual(["check a", "sign a"]);
  });
});

describe("a refusal", () => {
  it("is found under the errors that wrap it, and by its code alone", () => {
    const wrapped = new Error("outer", { cause: new UserRejectedRequestError(new Error("inner")) });
    expect(isRefusal(wrapped)).toBe(true);
    expect(isRefusal(Object.assign(new Error("no"), { code: 4001 }))).toBe(true);
    expect(isRefusal(Object.assign(new Error("busy"), { code: -32002 }))).toBe(false);
    expect(isRefusal("4001")).toBe(false);
  });
});
