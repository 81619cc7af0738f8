import { createClient, custom, http, RpcRequestError, TimeoutError } from "viem";
import { call } from "viem/actions";
import { describe, expect, it } from "vitest";

import { isMissingState } from "./historical-state.ts";

const URL = "http://archive-node.invalid";
const answered = (message: string) =>
  new RpcRequestError({ body: { method: "eth_call" }, error: { code: -32_000, message }, url: URL });

describe("isMissingState", () => {
  it.each([
    "missing trie node 2c9f (path ) state 0x2c9f is not available",
    "historical state 0x2c9f is not available",
    "required historical state unavailable (reexec=128)",
    "state at block #12 is pruned",
    "No state available for block 12",
    "World state unavailable for block 12",
    "old data not available due to pruning",
    "project ID does not have access to archive state",
    "This request needs an archive node",
  ])("knows the answer %j", (message) => {
    expect(isMissingState(answered(message))).toBe(true);
  });

  it.each(["execution reverted", "rate limit exceeded", "header not found", "internal error"])(
    "does not take %j for it",
    (message) => {
      expect(isMissingState(answered(message))).toBe(false);
    },
  );

  it("does not take a request without an answer for it, whatever the node's address is", async () => {
    expect(isMissingState(new TimeoutError({ body: { method: "eth_call" }, url: URL }))).toBe(false);
    const client = createClient({ transport: http("http://127.0.0.1:1/archive-node", { retryCount: 0 }) });
    const error: unknown = await call(client, {}).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Error);
    expect(isMissingState(error)).toBe(false);
    expect(isMissingState(new Error("missing trie node"))).toBe(false);
  });

  it("finds the answer under viem's own errors", async () => {
    const request = () => Promise.reject(answered("missing trie node"));
    const client = createClient({ transport: custom({ request }, { retryCount: 0 }) });
    const error: unknown = await call(client, {}).catch((thrown: unknown) => thrown);
    expect(isMissingState(error)).toBe(true);
  });
});
