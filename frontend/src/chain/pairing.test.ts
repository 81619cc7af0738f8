import { describe, expect, it } from "vitest";

import { parseConsent, type SignedConsent } from "@commonwatt/sdk/consent";

import { fetchLinkState, postConsent } from "./pairing.ts";

const BASE = "https://oracle.example/api";
const TOKEN = "AAAAAAAAAAAAAAAAAAAAAA";
const signal = AbortSignal.timeout(10_000);
const OWNER = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8";
const signed: SignedConsent = {
  consent: {
    owner: OWNER,
    meter: 7,
    meteringPoint: "AT00",
    device: OWNER,
    importRegister: 5n,
    exportRegister: 0n,
    time: 1_780_000_000n,
  },
  signature: "0x1234",
};

const answering =
  (status: number, body: unknown, asked: { url?: string; body?: string } = {}): typeof fetch =>
  (url, init) => {
    asked.url = url as string;
    asked.body = init?.body as string;
    return Promise.resolve(new Response(typeof body === "string" ? body : JSON.stringify(body), { status }));
  };
const failing: typeof fetch = () => Promise.reject(new TypeError("Failed to fetch"));

describe("a pairing link", () => {
  it.each([
    [200, { state: "open" }, { state: "open" }],
    [404, { error: "there is no such link here" }, { state: "gone", reason: "there is no such link here" }],
    [409, { error: "this link has been used" }, { state: "gone", reason: "this link has been used" }],
    [410, { error: "this link has expired" }, { state: "gone", reason: "this link has expired" }],
    // A proxy whose oracle is away, and a server of static files alone.
    [502, "<html>", { state: "unreachable" }],
    [200, "<!doctype html>", { state: "unreachable" }],
    [404, { status: "not found" }, { state: "unreachable" }],
  ])("whose oracle answers %i %j", async (status, body, state) => {
    expect(await fetchLinkState(BASE, TOKEN, answering(status, body), signal)).toEqual(state);
  });

  it("is not called bad when nobody can be asked", async () => {
    expect(await fetchLinkState(BASE, TOKEN, failing, signal)).toEqual({ state: "unreachable" });
  });
});

describe("a consent", () => {
  it("goes to the oracle whole", async () => {
    const asked: { url?: string; body?: string } = {};
    await postConsent(BASE, TOKEN, signed, answering(201, {}, asked), signal);
    expect(asked.url).toBe(`${BASE}/pairing/${TOKEN}`);
    expect(parseConsent(asked.body)).toEqual(signed);
  });

  it.each([
    [answering(409, { error: "this link has been used" }), /did not take the consent: this link has been used/u],
    [answering(502, "<html>"), /it answered 502/u],
    [failing, /does not answer/u],
  ])("that is not taken: %#", async (fetcher, message) => {
    await expect(postConsent(BASE, TOKEN, signed, fetcher, signal)).rejects.toThrow(message);
  });
});
