import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";
import type { Deployment } from "@commonwatt/sdk/deployment";
import { marketplaceDomain } from "@commonwatt/sdk/domains";
import { neighbourhoodAbi } from "@commonwatt/sdk/generated/abis";
import { hashOffer, type Offer, offerTypedData, parseOffer, serializeOffer } from "@commonwatt/sdk/offers";
import { type Address, type Hex, isAddressEqual, isHex, recoverTypedDataAddress } from "viem";

import type { Reader } from "../chain/reader.ts";
import type { OfferStore } from "./offer-store.ts";

/** The board will not keep an offer. */
export class OfferRefusedError extends CommonwattError {
  override readonly name = "OfferRefusedError";
  readonly expected: string;

  constructor(problem: string, expected: string) {
    super(problem);
    this.expected = expected;
  }
}

export type BoardParts = {
  offers: OfferStore;
  deployment: Pick<Deployment, "chainId" | "marketplace" | "token" | "neighbourhood">;
  reader: Pick<Reader, "verifyTypedData"> & MembershipReader;
  nowSeconds: () => number;
  maxOffersPerSeller: number;
};

/** What is asked of the chain about a seller. */
type MembershipReader = { readContract(call: IsMemberCall): Promise<boolean> };
type IsMemberCall = {
  address: Address;
  abi: typeof neighbourhoodAbi;
  functionName: "isMember";
  args: readonly [Address];
};

/** Offers kept at most, of all sellers together. */
const MAX_OFFERS = 20_000;
/**
 * From so many offers on only members' are taken: keys cost nothing, and whoever makes many must not fill the board with
 * offers that never expire.
 */
const MAX_OFFERS_FOR_ANYONE = 1_000;
/** Signatures of contract wallets can be long, but not without end. */
const MAX_SIGNATURE_CHARACTERS = 2 + 2 * 4_096;
const EOA_SIGNATURE_CHARACTERS = 2 + 2 * 65;

/**
 * Checks an offer and keeps it.
 *
 * @param body - `{offer, signature}` as parsed from JSON.
 * @returns The offer's hash.
 * @throws OfferRefusedError saying what is wrong and what was expected.
 */
export async function acceptOffer(body: unknown, parts: BoardParts): Promise<Hex> {
  const { offer, signature } = read(body);
  const { offers, deployment, nowSeconds, maxOffersPerSeller } = parts;
  if (!isAddressEqual(offer.token, deployment.token)) {
    throw new OfferRefusedError(
      `offer.token is ${offer.token}`,
      `the token of this neighbourhood, ${deployment.token}`,
    );
  }
  if (offer.expiry <= BigInt(nowSeconds())) {
    throw new OfferRefusedError(`offer.expiry is ${offer.expiry}`, `a time after now, ${nowSeconds()}`);
  }
  const hash = hashOffer(marketplaceDomain(deployment), offer);
  if (await offers.has(hash)) return hash;
  const seller = offer.seller.toLowerCase();
  if ((await offers.countOf(seller)) >= maxOffersPerSeller) {
    throw new OfferRefusedError(
      `seller ${offer.seller} has ${maxOffersPerSeller} offers here`,
      "fewer: wait until some expire",
    );
  }
  const count = await offers.count();
  if (count >= MAX_OFFERS) {
    throw new OfferRefusedError(`the board is full with ${MAX_OFFERS} offers`, "fewer: wait until some expire");
  }
  if (!(await isSignedBySeller(offer, signature, parts))) {
    throw new OfferRefusedError(
      `signature is not one of seller ${offer.seller} over this offer`,
      "the seller's EIP-712 signature",
    );
  }
  if (count >= MAX_OFFERS_FOR_ANYONE && !(await isMember(offer.seller, parts))) {
    throw new OfferRefusedError(
      `the board has ${count} offers, and seller ${offer.seller} is no member of the neighbourhood`,
      "a member, or fewer offers: wait until some expire",
    );
  }
  const kept = JSON.stringify({ hash, offer: serializeOffer(offer), signature });
  // An expiry beyond what a number holds exactly never comes.
  const expiry = Number(offer.expiry > Number.MAX_SAFE_INTEGER ? Number.MAX_SAFE_INTEGER : offer.expiry);
  await offers.add({ hash, seller, meter: offer.meter, expiry, body: kept });
  return hash;
}

function read(body: unknown): { offer: Offer; signature: Hex } {
  if (typeof body !== "object" || body === null || !("offer" in body) || !("signature" in body)) {
    throw new OfferRefusedError("body has no offer and signature", "a JSON object {offer, signature}");
  }
  const { signature } = body;
  if (!isHex(signature) || signature.length > MAX_SIGNATURE_CHARACTERS || signature.length % 2 !== 0) {
    throw new OfferRefusedError("signature is not hex of at most 4,096 bytes", "0x and an even number of hex digits");
  }
  try {
    return { offer: parseOffer(body.offer), signature };
  } catch (error) {
    if (!(error instanceof CommonwattError)) throw error;
    const expected = "expected" in error ? String(error.expected) : "an offer, its big numbers as decimal strings";
    throw new OfferRefusedError(error.shortMessage, expected);
  }
}

async function isSignedBySeller(offer: Offer, signature: Hex, { deployment, reader }: BoardParts): Promise<boolean> {
  const typedData = offerTypedData(marketplaceDomain(deployment), offer);
  if (
    signature.length === EOA_SIGNATURE_CHARACTERS &&
    isAddressEqual(await recover(typedData, signature), offer.seller)
  ) {
    return true;
  }
  // A contract wallet: only the chain can tell (ERC-1271).
  return reader.verifyTypedData({ address: offer.seller, ...typedData, signature });
}

function isMember(seller: Address, { deployment: { neighbourhood }, reader }: BoardParts): Promise<boolean> {
  return reader.readContract({
    address: neighbourhood,
    abi: neighbourhoodAbi,
    functionName: "isMember",
    args: [seller],
  });
}

async function recover(typedData: ReturnType<typeof offerTypedData>, signature: Hex): Promise<Address> {
  try {
    return await recoverTypedDataAddress({ ...typedData, signature });
  } catch {
    return "0x0000000000000000000000000000000000000000";
  }
}
