import { z } from "zod";

import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";
import { serializeConsent, type SignedConsent } from "@commonwatt/sdk/consent";

const refusalSchema = z.object({ error: z.string(), expected: z.string().optional() });

/** What the oracle says of a link. `unreachable`: it cannot be asked, so the consent is to be copied. */
export type LinkState = { state: "open" | "unreachable" } | { state: "gone"; reason: string };

/**
 * Asks the oracle whether a pairing link is still good.
 *
 * @param base - The oracle's base address, ending with `/api`.
 */
export async function fetchLinkState(
  base: string,
  token: string,
  fetcher: typeof fetch,
  signal: AbortSignal,
): Promise<LinkState> {
  try {
    const response = await fetcher(`${base}/pairing/${token}`, { signal, cache: "no-store" });
    const body: unknown = await response.json();
    if (response.ok) return { state: "open" };
    const refusal = refusalSchema.safeParse(body);
    return refusal.success && [404, 409, 410].includes(response.status)
      ? { state: "gone", reason: refusal.data.error }
      : { state: "unreachable" };
  } catch {
    return { state: "unreachable" };
  }
}

/**
 * Hands a signed consent to the oracle.
 *
 * @throws CommonwattError with the oracle's own words when it refuses, or when it cannot be reached.
 */
export async function postConsent(
  base: string,
  token: string,
  signed: SignedConsent,
  fetcher: typeof fetch,
  signal: AbortSignal,
): Promise<void> {
  let response: Response;
  try {
    response = await fetcher(`${base}/pairing/${token}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(serializeConsent(signed)),
      signal,
    });
  } catch (cause) {
    throw new CommonwattError("The operator's oracle does not answer.", { cause });
  }
  if (response.ok) return;
  const refusal = refusalSchema.safeParse(await response.json().catch(() => undefined));
  throw new CommonwattError(
    `The oracle did not take the consent: ${refusal.success ? refusal.data.error : `it answered ${response.status}`}.`,
  );
}
