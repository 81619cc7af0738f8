import { describe, expect, it } from "vitest";

import { buildOffer, serializeOffer } from "@commonwatt/sdk/offers";

import { at, SELLER, TOKEN } from "../testing/chunk.ts";
import { fetchOffers, postOffer } from "./board.ts";

const offer = buildOffer({
  seller: SELLER,
  token: TOKEN,
  meter: 1,
  firstInterval: at(0),
  lastInterval: at(95),
  priceTicks: 1_500,
  expiry: 2_000_000_000n,
  nonce: 1n,
});
const signal = new AbortController().signal;
const answering =
  (response: Response): typeof fetch =>
  () =>
    Promise.resolve(response);

describe("the offer board", () => {
  it("hands out offers, and leaves out what is none", async () => {
    const good = { hash: "0x01", offer: serializeOffer(offer), signature: "0x02" };
    const bad = { hash: "0x03", offer: { ...serializeOffer(offer), priceTicks: 70_000 }, signature: "0x04" };
    const offers = await fetchOffers("/api", answering(Response.json({ offers: [good, bad] })), signal);
    expect(offers).toEqual([{ hash: "0x01", offer, signature: "0x02" }]);
  });

  it("is told apart from what only answers", async () => {
    const ask = (response: Response) => fetchOffers("/api", answering(response), signal);
    await expect(ask(new Response("", { status: 502 }))).rejects.toThrow("answered 502");
    await expect(ask(new Response("<html>"))).rejects.toThrow("not JSON");
    await expect(ask(Response.json({ offers: "many" }))).rejects.toThrow("no list of offers");
    await expect(fetchOffers("/api", () => Promise.reject(new TypeError("x")), signal)).rejects.toThrow(
      "does not answer",
    );
  });

  it("takes an offer as JSON, and its refusal is passed on in its own words", async () => {
    let sent: unknown;
    const accept: typeof fetch = (_url, init) => {
      sent = JSON.parse(init?.body as string);
      return Promise.resolve(Response.json({ hash: "0x01" }, { status: 201 }));
    };
    await postOffer("/api", offer, "0x02", accept, signal);
    expect(sent).toEqual({ offer: serializeOffer(offer), signature: "0x02" });

    const refuse = answering(Response.json({ error: "expiry is past", expected: "a later one" }, { status: 400 }));
    await expect(postOffer("/api", offer, "0x02", refuse, signal)).rejects.toThrow(/expiry is past.*a later one/u);
    const broken = answering(new Response("oops", { status: 500 }));
    await expect(postOffer("/api", offer, "0x02", broken, signal)).rejects.toThrow("it answered 500");
  });
});
