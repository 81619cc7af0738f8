import {
  concatHex,
  encodeAbiParameters,
  keccak256,
  numberToHex,
  parseAbiParameters,
  stringToHex,
  zeroAddress,
} from "viem";
import { describe, expect, it } from "vitest";

import { forSeeds } from "../test/random.ts";
import { AT } from "../test/samples.ts";
import { structFields } from "../test/solidity.ts";
import { digest, encodeType } from "../test/typed-data.ts";
import { marketplaceDomain } from "./domains.ts";
import {
  buildOffer,
  type Fill,
  hashOffer,
  hashOrders,
  type OfferInput,
  offerTypedData,
  parseOffer,
  serializeOffer,
} from "./offers.ts";
import { interval } from "./time.ts";

const domain = marketplaceDomain(AT);
const input: OfferInput = {
  seller: "0x70997970C51812dc3A010C7d01b50e0d17dc79C8",
  token: AT.token,
  meter: 7,
  firstInterval: 1_662_528,
  lastInterval: 1_662_623,
  priceTicks: 1_500,
  expiry: 1_500_000_000,
  nonce: (1n << 64n) - 1n,
};
const offer = buildOffer(input);

describe("buildOffer", () => {
  it("is open to anyone and without a limit unless told otherwise", () => {
    expect(offer).toEqual({ ...input, expiry: 1_500_000_000n, buyer: zeroAddress, maxWh: 0n });
    expect(buildOffer({ ...input, buyer: AT.neighbourhood, maxWh: 5 })).toMatchObject({
      buyer: AT.neighbourhood,
      maxWh: 5n,
    });
  });

  it("has the fields of the contract's struct", () => {
    expect(Object.keys(offer)).toEqual(structFields("Offer").map((field) => field.split(" ")[1]));
  });

  it.each([
    [{ meter: 0 }, "meter is 0"],
    [{ priceTicks: 65_536 }, "priceTicks is 65536"],
    [{ priceTicks: -1 }, "priceTicks is -1"],
    [{ expiry: 1n << 64n }, "expiry is 18446744073709551616"],
    [{ nonce: -1n }, "nonce is -1"],
    [{ maxWh: -5n }, "maxWh is -5"],
    [{ lastInterval: 1_662_527 }, "lastInterval is 1662527, expected at least firstInterval, 1662528"],
  ] satisfies [Partial<OfferInput>, string][])("refuses %o", (change, message) => {
    expect(() => buildOffer({ ...input, ...change })).toThrow(message);
  });
});

describe("hashOffer", () => {
  it("signs the contract's struct, field by field", () => {
    const { types, primaryType } = offerTypedData(domain, offer);
    expect(types.Offer.map(({ type, name }) => `${type} ${name}`)).toEqual(structFields("Offer"));
    const parameters = parseAbiParameters(
      "bytes32, address, address, uint32, uint32, uint32, uint16, uint64, uint64, address, uint64",
    );
    const structHash = keccak256(
      encodeAbiParameters(parameters, [
        keccak256(stringToHex(encodeType(types, primaryType))),
        offer.seller,
        offer.token,
        offer.meter,
        offer.firstInterval,
        offer.lastInterval,
        offer.priceTicks,
        offer.expiry,
        offer.nonce,
        offer.buyer,
        offer.maxWh,
      ]),
    );
    expect(hashOffer(domain, offer)).toBe(digest(domain, structHash));
  });
});

describe("hashOrders", () => {
  it("covers offer, first interval and energies of each order, in order", () => {
    const fill = (firstInterval: number, energyWh: number[]): Fill => ({
      offer,
      signature: "0x12",
      firstInterval: interval(firstInterval),
      energyWh,
    });
    const words = (energies: number[]) => concatHex(energies.map((energy) => numberToHex(energy, { size: 32 })));
    const expected = keccak256(
      concatHex([
        hashOffer(domain, offer),
        numberToHex(1_662_530, { size: 32 }),
        keccak256(words([5, 0, 7])),
        hashOffer(domain, offer),
        numberToHex(1_662_540, { size: 32 }),
        keccak256(words([1])),
      ]),
    );
    expect(hashOrders(domain, [fill(1_662_530, [5, 0, 7]), fill(1_662_540, [1])])).toBe(expected);
    expect(hashOrders(domain, [fill(1_662_540, [1]), fill(1_662_530, [5, 0, 7])])).not.toBe(expected);
  });
});

describe("offers as JSON", () => {
  it("come back the same", () => {
    forSeeds(200, (random) => {
      const first = random.integer(0, 0xffff_fff0);
      const any = buildOffer({
        ...input,
        meter: random.integer(1, 0xffff_ffff),
        firstInterval: first,
        lastInterval: first + random.integer(0, 15),
        priceTicks: random.integer(0, 65_535),
        expiry: random.bits(64),
        nonce: random.bits(64),
        maxWh: random.bits(64),
      });
      expect(parseOffer(JSON.stringify(serializeOffer(any)))).toEqual(any);
      expect(parseOffer(serializeOffer(any))).toEqual(any);
    });
  });

  it.each([
    [{ seller: "0x12" }, 'offer: seller is "0x12", expected an address: 0x and 40 hex digits'],
    [{ expiry: 12 }, "offer: expiry is 12, expected string"],
    [{ nonce: "-1" }, 'offer: nonce is "-1", expected a decimal number as a string'],
    [{ maxWh: "18446744073709551616" }, 'offer: maxWh is "18446744073709551616", expected a number below 2^64'],
    [{ surprise: 1 }, 'key of the offer is "surprise", expected no such key'],
    [{ lastInterval: 5 }, "lastInterval is 5, expected at least firstInterval"],
  ])("refuse %o", (change, message) => {
    expect(() => parseOffer({ ...serializeOffer(offer), ...change })).toThrow(message);
  });

  it.each(["{", "[]", "null", '"offer"'])("refuse %s", (text) => {
    expect(() => parseOffer(text)).toThrow(/^offer is /u);
  });
});
