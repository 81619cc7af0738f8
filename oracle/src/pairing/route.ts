import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";
import { consentTypedData, parseConsent, type SignedConsent } from "@commonwatt/sdk/consent";
import type { Deployment } from "@commonwatt/sdk/deployment";
import { neighbourhoodDomain } from "@commonwatt/sdk/domains";

import type { Reader } from "../chain/reader.ts";
import { mismatch, type PairingRoom } from "./room.ts";

export type Answer = { status: number; body: string };
export type PairingRouteParts = {
  room: PairingRoom;
  /** The machine's clock: a link is for a person who stands before it. */
  nowSeconds?: () => number;
  /** Asks the chain where the owner is a contract. */
  reader: Pick<Reader, "verifyTypedData">;
  deployment: Deployment;
};
export type PairingRoute = ReturnType<typeof createPairingRoute>;

/** Where the path begins; a token follows. */
const PREFIX = "/api/pairing/";
/** A phone's clock may be that wrong. */
const CLOCK_TOLERANCE_SECONDS = 3_600;

/** Takes the consents that owners sign on the dApp's pairing page. Whoever does not know a token learns and changes nothing. */
export function createPairingRoute({ room, nowSeconds = machineSeconds, reader, deployment }: PairingRouteParts) {
  const domain = neighbourhoodDomain(deployment);

  function show(token: string): Answer {
    const state = room.stateOf(token, nowSeconds());
    return state === "open" ? { status: 200, body: JSON.stringify({ state }) } : gone(state);
  }

  async function take(token: string, text: string): Promise<Answer> {
    const state = room.stateOf(token, nowSeconds());
    const asked = state === "open" ? room.read(token) : undefined;
    if (asked === undefined) return gone(state);
    let signed: SignedConsent;
    try {
      signed = parseConsent(text);
    } catch (error) {
      if (!(error instanceof CommonwattError)) throw error;
      return refusal(400, error.message, "a signed consent");
    }
    const wrong = mismatch(asked, signed);
    if (wrong !== undefined) return refusal(400, `the consent is for something else: ${wrong}`, "the link's own data");
    const { consent, signature } = signed;
    if (Math.abs(Number(consent.time) - nowSeconds()) > CLOCK_TOLERANCE_SECONDS) {
      return refusal(400, "the consent's time is not now", "a device whose clock is right");
    }
    const isOwners = await reader.verifyTypedData({
      address: consent.owner,
      ...consentTypedData(domain, consent),
      signature,
    });
    if (!isOwners) return refusal(400, "the signature is not the owner's", "the owner's");
    if (!room.answer(token, signed)) return gone("answered");
    return { status: 201, body: JSON.stringify({ state: "answered" }) };
  }

  return {
    /** Whether a path is this route's. */
    matches: (path: string) => path.startsWith(PREFIX),
    /** @param readBody - Reads the request's body; undefined when it is too large. */
    async respond(method: string, path: string, readBody: () => Promise<string | undefined>): Promise<Answer> {
      const token = path.slice(PREFIX.length);
      if (method === "GET") return show(token);
      if (method !== "POST") return refusal(405, `${method} is not allowed here`, "GET or POST");
      const text = await readBody();
      return text === undefined ? refusal(413, "the body is too large", "a signed consent") : take(token, text);
    },
  };
}

const machineSeconds = () => Date.now() / 1000;

function gone(state: string): Answer {
  if (state === "answered") return refusal(409, "this link has been used", "a link that was not used yet");
  if (state === "expired") return refusal(410, "this link has expired", "a new link from the operator");
  return refusal(404, "there is no such link here", "a link of this neighbourhood's operator, whole");
}

function refusal(status: number, error: string, expected: string): Answer {
  return { status, body: JSON.stringify({ error, expected }) };
}
