import { type Offer, parseOffer, serializeOffer } from "@commonwatt/sdk/offers";
import type { Hex } from "viem";
import { z } from "zod";

const TIMEOUT_MS = 15_000;

export type ListedOffer = { readonly offer: Offer; readonly signature: Hex };

const listing = z.object({
  offers: z.array(
    z.object({
      offer: z.unknown().transform((value) => parseOffer(value)),
      signature: z.templateLiteral(["0x", z.string().regex(/^[0-9a-fA-F]*$/u)]),
    }),
  ),
});

/** The offer board of the neighbourhood's oracle, over HTTP. */
export class Board {
  readonly #url: string;

  /** @param url - Origin of the board, for example `http://127.0.0.1:8787`. */
  constructor(url: string) {
    this.#url = url;
  }

  /**
   * Puts a signed offer on the board.
   *
   * @throws Error with what the board found wrong with it.
   */
  async post({ offer, signature }: ListedOffer): Promise<void> {
    const response = await fetch(new URL("/api/offers", this.#url), {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ offer: serializeOffer(offer), signature }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (response.status === 201) return;
    throw new Error(`The offer board refused an offer of meter ${offer.meter}: ${await response.text()}`);
  }

  /** All offers that still hold. */
  async list(): Promise<ListedOffer[]> {
    const response = await fetch(new URL("/api/offers", this.#url), { signal: AbortSignal.timeout(TIMEOUT_MS) });
    if (!response.ok) throw new Error(`The offer board answered ${response.status}: ${await response.text()}`);
    return listing.parse(await response.json()).offers;
  }
}
