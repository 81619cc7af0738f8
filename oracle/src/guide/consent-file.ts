import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import {
  CONSENT_TEXT,
  CONSENT_TEXT_HASH,
  parseConsent,
  serializeConsent,
  type SignedConsent,
} from "@commonwatt/sdk/consent";
import type { Deployment } from "@commonwatt/sdk/deployment";
import { writePrivate } from "../write-private.ts";
import { z } from "zod";

import { toJson } from "./files.ts";

/** Beside the data, for both are backed up together. */
const fileOf = (dataDir: string, meter: number) => join(dataDir, "consents", `meter-${meter}.json`);

/** What proves for ever who agreed to what: the text, its hash and version, the contract it was signed for, the signature. */
const schema = z.object({ signed: z.unknown() });

/** Keeps an owner's consent, mode 600. */
export function keepConsent(dataDir: string, deployment: Deployment, signed: SignedConsent): string {
  const { chainId, neighbourhood, name } = deployment;
  const file = fileOf(dataDir, signed.consent.meter);
  mkdirSync(join(dataDir, "consents"), { recursive: true, mode: 0o700 });
  writePrivate(
    file,
    toJson({
      signed: serializeConsent(signed),
      text: CONSENT_TEXT,
      textHash: CONSENT_TEXT_HASH,
      signedFor: { name, chainId, neighbourhood },
      received: new Date().toISOString(),
    }),
  );
  return file;
}

/** The consent that was kept for a meter, if any. */
export function findConsent(dataDir: string, meter: number): SignedConsent | undefined {
  const file = fileOf(dataDir, meter);
  if (!existsSync(file)) return undefined;
  return parseConsent(schema.parse(JSON.parse(readFileSync(file, "utf8"))).signed);
}
