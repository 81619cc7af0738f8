import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { type Consent, consentTypedData, serializeConsent } from "@commonwatt/sdk/consent";
import type { Deployment } from "@commonwatt/sdk/deployment";
import { neighbourhoodDomain } from "@commonwatt/sdk/domains";
import { verifyTypedData, zeroAddress } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { openPairingRoom, type PairingRoom } from "./room.ts";
import { createPairingRoute, type PairingRoute } from "./route.ts";
import { startPairingServer } from "./server.ts";

const NOW = 1_780_000_000;
const owner = privateKeyToAccount(`0x${"11".repeat(32)}`);
const stranger = privateKeyToAccount(`0x${"44".repeat(32)}`);
const device = privateKeyToAccount(`0x${"22".repeat(32)}`).address;
const neighbourhood = privateKeyToAccount(`0x${"33".repeat(32)}`).address;
const deployment: Deployment = {
  name: "Test street",
  chainId: 31_337,
  deploymentBlock: 0,
  neighbourhood,
  token: zeroAddress,
  marketplace: zeroAddress,
  currency: zeroAddress,
  deviceRegistry: zeroAddress,
  accessManager: zeroAddress,
};
const asked = { meter: 7, meteringPoint: "AT00", device, importRegister: 5n, exportRegister: 0n };

let folder: string;
let room: PairingRoom;
let route: PairingRoute;
let nowSeconds: number;
let token: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "pairing-"));
  room = openPairingRoom(join(folder, "pairing"));
  nowSeconds = NOW;
  // What a node answers for an account without code.
  const reader = { verifyTypedData: verifyTypedData as never };
  route = createPairingRoute({ room, nowSeconds: () => nowSeconds, reader, deployment });
  token = room.invite({ ...asked, expires: NOW + 600 });
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

async function signed(change: Partial<Consent> = {}, { by = owner, chainId = 31_337 } = {}): Promise<string> {
  const consent: Consent = { ...asked, owner: owner.address, time: BigInt(NOW), ...change };
  const domain = neighbourhoodDomain({ chainId, neighbourhood });
  const signature = await by.signTypedData(consentTypedData(domain, consent));
  return JSON.stringify(serializeConsent({ consent, signature }));
}
const get = (path = token) => route.respond("GET", `/api/pairing/${path}`, () => Promise.resolve(""));
const post = (body: string | undefined, path = token) =>
  route.respond("POST", `/api/pairing/${path}`, () => Promise.resolve(body));

describe("the pairing route", () => {
  test("takes the owner's consent once, for whoever asked", async () => {
    expect(await get()).toMatchObject({ status: 200 });
    expect(room.answered(token)).toBeUndefined();
    expect(await post(await signed())).toMatchObject({ status: 201 });
    expect(room.answered(token)?.consent).toMatchObject({ owner: owner.address, meter: 7, importRegister: 5n });
    expect(await get()).toMatchObject({ status: 409 });
    expect(await post(await signed({ owner: stranger.address }, { by: stranger }))).toMatchObject({ status: 409 });
    expect(room.answered(token)?.consent.owner).toBe(owner.address);
  });

  test("keeps of two answers at once the first", async () => {
    const bodies = [await signed(), await signed({ owner: stranger.address }, { by: stranger })];
    const answers = await Promise.all(bodies.map((body) => post(body)));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 409]);
  });

  test.each([
    ["another meter", { meter: 8 }, /meter is 8, expected 7/u],
    ["another device", { device: zeroAddress }, /device is 0x0000/u],
    ["other registers", { importRegister: 6n }, /importRegister is 6, expected 5/u],
    ["another metering point", { meteringPoint: "AT01" }, /meteringPoint/u],
    ["another time", { time: BigInt(NOW - 7_200) }, /time is not now/u],
  ])("refuses a consent for %s", async (_, change, reason) => {
    const answer = await post(await signed(change));
    expect(answer.status).toBe(400);
    expect(answer.body).toMatch(reason);
    expect(room.answered(token)).toBeUndefined();
    // Nothing is used up by it.
    expect(await post(await signed())).toMatchObject({ status: 201 });
  });

  test.each([
    ["by somebody else", () => signed({}, { by: stranger }), /signature is not the owner's/u],
    ["for another chain", () => signed({}, { chainId: 1 }), /signature is not the owner's/u],
    ["that is none", () => Promise.resolve("{}"), /consent/u],
    ["that is no JSON", () => Promise.resolve("{"), /expected JSON/u],
  ])("refuses one %s", async (_, body, reason) => {
    const answer = await post(await body());
    expect(answer).toMatchObject({ status: 400, body: expect.stringMatching(reason) as string });
    expect(room.answered(token)).toBeUndefined();
  });

  test("knows no other tokens, none that has expired, and none that was ended", async () => {
    for (const wrong of ["", "x", token.slice(1), `${token}A`, "A".repeat(22), "../../../../etc/passwd", "%2e%2e"]) {
      expect(await get(wrong)).toMatchObject({ status: 404 });
      expect(await post(await signed(), wrong)).toMatchObject({ status: 404 });
    }
    nowSeconds = NOW + 601;
    expect(await get()).toMatchObject({ status: 410 });
    expect(await post(await signed())).toMatchObject({ status: 410 });
    room.end(token);
    expect(await get()).toMatchObject({ status: 404 });
  });

  test("bounds bodies, methods, and what is open", async () => {
    expect(await post(undefined)).toMatchObject({ status: 413 });
    expect(await route.respond("DELETE", `/api/pairing/${token}`, () => Promise.resolve(""))).toMatchObject({
      status: 405,
    });
    for (let open = 1; open < 64; open++) room.invite({ ...asked, expires: NOW + 600 });
    expect(() => room.invite({ ...asked, expires: NOW + 600 })).toThrow(/64 pairings are open/u);
  });
});

test("an answer is there whole or not at all, and leaves nothing beside it", async () => {
  const [first, second] = await Promise.all([post(await signed()), post(await signed())]);
  expect([first.status, second.status].toSorted()).toEqual([201, 409]);
  const names = readdirSync(join(folder, "pairing")).map((name) => name.replace(/^[0-9a-f]{64}/u, ""));
  expect(names.toSorted()).toEqual([".answer.json", ".asked.json"]);
});

test("the room is its owner's only, and has no token in it", async () => {
  await post(await signed());
  const inside = join(folder, "pairing");
  expect(statSync(inside).mode & 0o777).toBe(0o700);
  for (const name of readdirSync(inside)) {
    expect(statSync(join(inside, name)).mode & 0o777).toBe(0o600);
    expect(name).not.toContain(token);
    expect(readFileSync(join(inside, name), "utf8")).not.toContain(token);
  }
});

test("is served alone while no oracle is there, and left to it where it is", async () => {
  const options = { host: "127.0.0.1", port: 0, allowedOrigins: ["https://app.example"], route };
  const server = await startPairingServer({ ...options, onListening: (port) => (options.port = port) });
  const url = `http://127.0.0.1:${options.port}/api`;
  try {
    expect(await startPairingServer(options)).toBeUndefined();
    const headers = { origin: "https://app.example", "content-type": "application/json" };
    const answer = await fetch(`${url}/pairing/${token}`, { method: "POST", headers, body: await signed() });
    expect(answer.status).toBe(201);
    expect(answer.headers.get("access-control-allow-origin")).toBe("https://app.example");
    expect((await fetch(`${url}/pairing/${token}`, { method: "OPTIONS", headers })).status).toBe(204);
    expect((await fetch(`${url}/offers`)).status).toBe(404);
    const evil = await fetch(`${url}/pairing/${token}`, { headers: { origin: "https://evil.example" } });
    expect(evil.headers.get("access-control-allow-origin")).toBeNull();
    const large = await fetch(`${url}/pairing/${token}`, { method: "POST", body: "x".repeat(100_000) });
    expect([409, 413]).toContain(large.status);
  } finally {
    await server?.close();
  }
});
