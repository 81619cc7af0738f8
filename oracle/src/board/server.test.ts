import { buildOffer, hashOffer, offerTypedData, type OfferInput, serializeOffer } from "@commonwatt/sdk/offers";
import { marketplaceDomain } from "@commonwatt/sdk/domains";
import { pino } from "pino";
import { type Address, type Hex, serializeErc6492Signature } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { openSqlite } from "../storage/sqlite.ts";
import { createOfferStore, type OfferStore } from "./offer-store.ts";
import { type Board, startBoard } from "./server.ts";

const TOKEN: Address = "0x5FbDB2315678afecb367f032d93F642f64180aa3";
const WALLET: Address = "0x00000000000000000000000000000000000000c0";
const deployment = { chainId: 31_337, marketplace: TOKEN, token: TOKEN, neighbourhood: TOKEN };
const seller = privateKeyToAccount(generatePrivateKey());
const member = privateKeyToAccount(generatePrivateKey());
const NOW = 1_780_000_000;

let board: Board;
let offers: OfferStore;
let nowSeconds: number;
let url: string;
/** Stands for a contract wallet that accepts this signature only. */
const walletSignature: Hex = `0x${"ab".repeat(100)}`;

beforeEach(async () => {
  nowSeconds = NOW;
  offers = createOfferStore(await openSqlite(":memory:"));
  board = await startBoard({
    host: "127.0.0.1",
    port: 0,
    offers,
    deployment,
    reader: {
      verifyTypedData: ({ address, signature }) => Promise.resolve(address === WALLET && signature === walletSignature),
      readContract: ({ args: [account] }) => Promise.resolve(account === member.address),
    },
    nowSeconds: () => nowSeconds,
    maxOffersPerSeller: 3,
    allowedOrigins: ["https://app.example.org"],
    health: () => Promise.resolve({ lastBlock: 7 }),
    log: pino({ level: "silent" }),
  });
  url = `http://127.0.0.1:${board.port}/api`;
});
afterEach(() => board.close());

const offerOf = (changes: Partial<OfferInput> = {}) =>
  buildOffer({
    seller: seller.address,
    token: TOKEN,
    meter: 7,
    firstInterval: 1_977_000,
    lastInterval: 1_977_095,
    priceTicks: 1_500,
    expiry: NOW + 3_600,
    nonce: 1,
    ...changes,
  });

async function signed(changes: Partial<OfferInput> = {}, by = seller) {
  const offer = offerOf({ seller: by.address, ...changes });
  return { offer, signature: await by.signTypedData(offerTypedData(marketplaceDomain(deployment), offer)) };
}

async function post(body: unknown) {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const response = await fetch(`${url}/offers`, { method: "POST", body: text });
  return {
    status: response.status,
    body: (await response.json()) as { hash?: Hex; error?: string; expected?: string },
  };
}

async function postOffer({ offer, signature }: Awaited<ReturnType<typeof signed>>) {
  return post({ offer: serializeOffer(offer), signature });
}

async function list(query = "") {
  const response = await fetch(`${url}/offers${query}`);
  return ((await response.json()) as { offers: { hash: Hex; offer: object; signature: Hex }[] }).offers;
}

describe("the offer board", () => {
  test("keeps a signed offer and shows it as it was", async () => {
    const { offer, signature } = await signed({ maxWh: 12_345n, nonce: 2n ** 63n });
    const hash = hashOffer(marketplaceDomain(deployment), offer);
    expect(await postOffer({ offer, signature })).toEqual({ status: 201, body: { hash } });
    expect(await list()).toEqual([{ hash, offer: serializeOffer(offer), signature }]);
  });

  test("keeps the same offer once", async () => {
    const entry = await signed();
    await postOffer(entry);
    expect((await postOffer(entry)).status).toBe(201);
    expect(await list()).toHaveLength(1);
  });

  test("shows the offers of one meter when asked", async () => {
    await postOffer(await signed({ meter: 7 }));
    await postOffer(await signed({ meter: 8 }));
    expect(await list("?meter=8")).toMatchObject([{ offer: { meter: 8 } }]);
    expect((await fetch(`${url}/offers?meter=x`)).status).toBe(400);
  });

  test("shows and keeps no offer past its expiry", async () => {
    await postOffer(await signed({ expiry: NOW + 10 }));
    nowSeconds = NOW + 10;
    expect(await list()).toEqual([]);
    await offers.removeExpired(nowSeconds);
    expect(await offers.count()).toBe(0);
    expect(await postOffer(await signed({ expiry: NOW + 10, nonce: 2 }))).toEqual({
      status: 400,
      body: { error: `offer.expiry is ${NOW + 10}`, expected: `a time after now, ${NOW + 10}` },
    });
  });

  test("takes the offer of a contract wallet when the wallet accepts the signature", async () => {
    const offer = offerOf({ seller: WALLET });
    expect((await postOffer({ offer, signature: walletSignature })).status).toBe(201);
    expect((await postOffer({ offer: offerOf({ seller: WALLET, nonce: 2 }), signature: "0xabcd" })).status).toBe(400);
  });

  test("bounds the offers of one seller", async () => {
    for (const nonce of [1, 2, 3]) await postOffer(await signed({ nonce }));
    expect((await postOffer(await signed({ nonce: 4 }))).body.error).toMatch(/has 3 offers here/u);
  });
});

describe("the offer board refuses", () => {
  test("an offer that someone else signed, or that was changed after signing", async () => {
    const { offer, signature } = await signed();
    const changed = { ...offer, priceTicks: offerOf({ priceTicks: 1 }).priceTicks };
    expect(await postOffer({ offer: changed, signature })).toMatchObject({
      status: 400,
      body: { error: expect.stringContaining(seller.address) as string, expected: "the seller's EIP-712 signature" },
    });
    expect((await postOffer({ offer, signature: `0x${"00".repeat(65)}` })).status).toBe(400);
    expect(
      (await postOffer({ offer, signature: serializeErc6492Signature({ address: TOKEN, data: "0x", signature }) }))
        .status,
    ).toBe(400);
  });

  test("an offer of another neighbourhood's token", async () => {
    expect((await postOffer(await signed({ token: WALLET }))).body).toMatchObject({
      error: `offer.token is ${WALLET}`,
      expected: `the token of this neighbourhood, ${TOKEN}`,
    });
  });

  test.each<[string, unknown, RegExp]>([
    ["no JSON", "{", /not JSON/u],
    ["no object", "5", /no offer and signature/u],
    ["no signature", { offer: {} }, /no offer and signature/u],
    ["a signature that is no hex", { offer: {}, signature: "abc" }, /signature is not hex/u],
    ["an offer without fields", { offer: {}, signature: "0xab" }, /offer/u],
    [
      "numbers that are no decimal strings",
      { offer: { ...serializeOffer(offerOf()), expiry: 5 }, signature: "0xab" },
      /expiry/u,
    ],
    ["an unknown field", { offer: { ...serializeOffer(offerOf()), bonus: 5 }, signature: "0xab" }, /bonus|offer/u],
  ])("a body with %s, saying what was expected", async (_name, body, error) => {
    const answer = await post(body);
    expect(answer.status).toBe(400);
    expect(answer.body.error).toMatch(error);
    expect(answer.body.expected).toBeTruthy();
  });

  test("a body beyond its bound", async () => {
    expect(await post(`{"offer":"${"x".repeat(20_000)}"}`)).toMatchObject({ status: 413 });
  });

  test("what it does not know", async () => {
    expect((await fetch(`${url}/nothing`)).status).toBe(404);
    expect((await fetch(`${url}/offers`, { method: "DELETE" })).status).toBe(405);
    expect((await fetch(`${url}/health`, { method: "POST" })).status).toBe(405);
  });
});

describe("the board's HTTP", () => {
  test("tells its health", async () => {
    expect(await (await fetch(`${url}/health`)).json()).toEqual({ status: "ok", lastBlock: 7 });
  });

  test.each([
    ["http://localhost:5173", true],
    ["http://127.0.0.1:8080", true],
    ["http://[::1]:3000", true],
    ["https://app.example.org", true],
    ["https://app.example.org.evil.example", false],
    ["http://localhost.evil.example", false],
    ["null", false],
  ])("lets pages of %s call it: %s", async (origin, allowed) => {
    const response = await fetch(`${url}/offers`, { method: "OPTIONS", headers: { origin } });
    expect(response.status).toBe(204);
    expect(response.headers.get("access-control-allow-origin")).toBe(allowed ? origin : null);
  });
});

test("strangers cannot fill the board: from a thousand offers on only members' are taken", async () => {
  const stored = (index: number) => ({
    hash: `0x${index.toString(16).padStart(64, "0")}` as const,
    seller: `0x${index.toString(16).padStart(40, "0")}`,
    meter: 1,
    expiry: Number.MAX_SAFE_INTEGER,
    body: "{}",
  });
  for (let index = 0; index < 999; index++) await offers.add(stored(index));
  expect((await postOffer(await signed({ nonce: 1 }))).status).toBe(201);
  const { status, body } = await postOffer(await signed({ nonce: 2 }));
  expect([status, body.error]).toEqual([
    400,
    `the board has 1000 offers, and seller ${seller.address} is no member of the neighbourhood`,
  ]);
  expect((await postOffer(await signed({ nonce: 3 }, member))).status).toBe(201);
});
