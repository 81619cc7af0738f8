import { type Hex, isHex } from "viem";
import { z } from "zod";

import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";
import { type Offer, parseOffer, serializeOffer } from "@commonwatt/sdk/offers";

import type { PostedOffer } from "../model/market.ts";

/** A board keeps a bounded number of offers; a page that long is no board's. */
const MAX_OFFERS = 10_000;

const hex = z.custom<Hex>((value) => isHex(value), { error: "expected hex" });
const listSchema = z.object({
  offers: z.array(z.object({ hash: hex, offer: z.unknown(), signature: hex })).max(MAX_OFFERS),
});
const refusalSchema = z.object({ error: z.string(), expected: z.string().optional() });

/**
 * Reads the offers on the board. One that cannot be read is left out: it could not be bought from either.
 *
 * @param base - The board's base address, ending with `/api`.
 * @throws CommonwattError when the board does not answer as a board does.
 */
export async function fetchOffers(base: string, fetcher: typeof fetch, signal: AbortSignal): Promise<PostedOffer[]> {
  const response = await request(fetcher, `${base}/offers`, { signal });
  if (!response.ok) throw new CommonwattError(`The offer board answered ${response.status}.`);
  const list = listSchema.safeParse(await json(response));
  if (!list.success) throw new CommonwattError("The offer board's answer is no list of offers.", { cause: list.error });
  return list.data.offers.flatMap(({ hash, offer, signature }) => {
    const read = readOffer(offer);
    return read === undefined ? [] : [{ hash, offer: read, signature }];
  });
}

/**
 * Puts an offer on the board.
 *
 * @throws CommonwattError with the board's own words when it refuses.
 */
export async function postOffer(
  base: string,
  offer: Offer,
  signature: Hex,
  fetcher: typeof fetch,
  signal: AbortSignal,
): Promise<void> {
  const response = await request(fetcher, `${base}/offers`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ offer: serializeOffer(offer), signature }),
    signal,
  });
  if (response.ok) return;
  const refusal = refusalSchema.safeParse(await json(response).catch(() => undefined));
  const { error, expected } = refusal.success
    ? refusal.data
    : { error: `it answered ${response.status}`, expected: undefined };
  throw new CommonwattError(
    `The offer board did not take the offer: ${error}`,
    expected === undefined ? {} : { details: `expected ${expected}` },
  );
}

async function request(fetcher: typeof fetch, url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetcher(url, init);
  } catch (cause) {
    throw new CommonwattError("The offer board does not answer.", { cause });
  }
}

async function json(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch (cause) {
    throw new CommonwattError("The offer board's answer is not JSON.", { cause });
  }
}

function readOffer(offer: unknown): Offer | undefined {
  try {
    return parseOffer(offer);
  } catch {
    return undefined;
  }
}
