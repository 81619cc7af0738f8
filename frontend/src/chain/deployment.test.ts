import { describe, expect, it } from "vitest";

import { SELLER, TOKEN } from "../testing/chunk.ts";
import { boardUrlOf, loadDeployment, rpcUrlOf } from "./deployment.ts";

const good = {
  name: "Street",
  chainId: 31337,
  deploymentBlock: 0,
  neighbourhood: SELLER,
  token: TOKEN,
  marketplace: SELLER,
  currency: SELLER,
  deviceRegistry: SELLER,
  accessManager: SELLER,
};
const load = (respond: () => Response | Promise<Response>) =>
  loadDeployment(() => Promise.resolve().then(respond), new AbortController().signal);

describe("the deployment", () => {
  it("is read and checked", async () => {
    expect(await load(() => Response.json(good))).toEqual(good);
  });

  it("says what is wrong: no server, no file, a page in its place, no JSON, a wrong key", async () => {
    await expect(load(() => Promise.reject(new TypeError("failed")))).rejects.toThrow("does not answer");
    await expect(load(() => new Response("", { status: 404 }))).rejects.toThrow("the server answered 404");
    await expect(load(() => new Response("<!doctype html>"))).rejects.toThrow("a web page instead");
    await expect(load(() => new Response("{"))).rejects.toThrow("JSON");
    await expect(load(() => Response.json({ ...good, token: "0x12" }))).rejects.toThrow(/token.*0x12.*40 hex digits/u);
    await expect(load(() => new Response("x".repeat(1_000_001)))).rejects.toThrow("expected at most");
  });

  it("leads to its own endpoints, or to those of the page's origin", () => {
    expect(rpcUrlOf(good, "http://here")).toBe("http://here/rpc");
    expect(boardUrlOf(good, "http://here")).toBe("http://here/api");
    expect(rpcUrlOf({ ...good, rpcUrl: "https://node" }, "http://here")).toBe("https://node");
    expect(boardUrlOf({ ...good, boardUrl: "https://board/" }, "http://here")).toBe("https://board/api");
    expect(boardUrlOf({ ...good, boardUrl: "https://board/api" }, "http://here")).toBe("https://board/api");
  });
});
