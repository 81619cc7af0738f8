import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";
import { consentTypedData, pairingLink, parseConsent, type SignedConsent } from "@commonwatt/sdk/consent";
import { neighbourhoodDomain } from "@commonwatt/sdk/domains";
import encodeQR from "qr";

import type { Community, Say } from "../community/open.ts";
import type { Config } from "../config/schema.ts";
import { mismatch, type OpenPairing, openPairingRoom, pairingFolder } from "../pairing/room.ts";
import { createPairingRoute } from "../pairing/route.ts";
import { startPairingServer } from "../pairing/server.ts";
import { writePrivate } from "../write-private.ts";

const LOOK_MS = 300;

export type AskOwnerParts = {
  config: Pick<Config, "dataDir" | "board">;
  community: Community;
  dappUrl: string;
  unitWh: number;
  say: Say;
};

/**
 * Shows the owner's link as a QR code and waits until the owner has signed on the page behind it. Where no oracle runs
 * here, this process takes the answer; otherwise the oracle does.
 *
 * @throws CommonwattError when the link expires before.
 */
export async function askOwner(
  asked: OpenPairing,
  { config, community, dappUrl, unitWh, say }: AskOwnerParts,
): Promise<SignedConsent> {
  const { deployment, reader } = community;
  const room = openPairingRoom(pairingFolder(config));
  const token = room.invite(asked);
  const link = pairingLink(dappUrl, { ...asked, neighbourhood: deployment.neighbourhood, unitWh, token });
  const linkFile = join(pairingFolder(config), `meter-${asked.meter}.link`);
  mkdirSync(pairingFolder(config), { recursive: true, mode: 0o700 });
  writePrivate(linkFile, `${link}\n`);
  const route = createPairingRoute({ room, reader, deployment });
  const server = await startPairingServer({ ...config.board, route });
  try {
    say(showLink(asked, link));
    while (Date.now() / 1000 <= asked.expires) {
      const signed = room.answered(token);
      if (signed !== undefined) return signed;
      await pause(LOOK_MS);
    }
    throw new CommonwattError(
      `Nobody signed for meter ${asked.meter} before the link expired. Run it again for a new link; nothing else is lost`,
    );
  } finally {
    await server?.close();
    room.end(token);
    rmSync(linkFile, { force: true });
  }
}

/** The link as a QR code of characters: two rows of squares to a line, light squares drawn, for dark terminals. */
export function drawLink(link: string): string {
  return encodeQR(link, "ascii", { ecc: "low", border: 2 });
}

function showLink({ meter, expires }: OpenPairing, link: string): string {
  const until = new Date(expires * 1000).toTimeString().slice(0, 5);
  return [
    drawLink(link),
    `The owner of meter ${meter} scans this with the phone that has the wallet, or opens`,
    link,
    `and signs. Give the link to nobody else: whoever signs it first becomes the owner. It is good until ${until}, once.`,
  ].join("\n");
}

/**
 * Reads a consent that the owner copied from the page.
 *
 * @throws CommonwattError when it is for something else, or not the owner's.
 */
export async function readConsentFile(
  file: string,
  asked: Omit<OpenPairing, "expires">,
  { deployment, reader }: Community,
): Promise<SignedConsent> {
  const signed = parseConsent(readFileSync(file, "utf8"));
  const wrong = mismatch(asked, signed);
  if (wrong !== undefined) throw new CommonwattError(`The consent in ${file} is for something else: ${wrong}`);
  const { consent, signature } = signed;
  const typedData = consentTypedData(neighbourhoodDomain(deployment), consent);
  if (await reader.verifyTypedData({ address: consent.owner, ...typedData, signature })) return signed;
  throw new CommonwattError(`The consent in ${file} is not signed by ${consent.owner}, expected the owner's signature`);
}
