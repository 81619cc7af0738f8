import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";
import type { SignedConsent } from "@commonwatt/sdk/consent";
import type { Deployment } from "@commonwatt/sdk/deployment";
import type { LocalAccount } from "viem";

import { provePossession } from "../cli/possession.ts";
import type { Actor } from "../community/act.ts";
import { registerDevice } from "../community/devices.ts";
import { findMeter } from "../community/look.ts";
import { admitMember } from "../community/members.ts";
import { registerMeter } from "../community/meters.ts";
import { openCommunity, type Say } from "../community/open.ts";
import { loadConfig } from "../config/load.ts";
import { createKey, readAddress } from "../keystore/keystore.ts";
import { readPassphrase } from "../keystore/passphrase.ts";
import { addMeterToConfig } from "./add-meter.ts";
import { askOwner, readConsentFile } from "./ask-owner.ts";
import type { Ask } from "./ask.ts";
import { findConsent, keepConsent } from "./consent-file.ts";
import type { NewMeterFacts } from "./meter-questions.ts";
import { readYes } from "./read-answer.ts";

const QUARTERS_AN_HOUR = 4;

export type PairParts = {
  configFile: string;
  deployment: Deployment;
  /** Holds the operator role. */
  operator: LocalAccount;
  dappUrl: string;
  /** How long the owner's link is good. */
  minutes: number;
  /** A consent that was copied from the page, instead of a link. */
  consentFile?: string | undefined;
  ask: Ask;
  /** Whether a person answers. */
  terminal: boolean;
  say: Say;
};

/**
 * Brings one meter all the way: config, device key, the owner's consent, registration. Each part that is done already is
 * left as it is, so that whoever is interrupted runs it again.
 */
export async function pairMeter(facts: NewMeterFacts, parts: PairParts): Promise<void> {
  const { meter } = facts;
  const { configFile, deployment, operator, say } = parts;
  if (addMeterToConfig(configFile, facts)) say(`Meter ${meter} is in ${configFile}.`);
  const config = loadConfig(configFile);
  const device =
    readAddress(config.keystoreDir, { meter }) ??
    (await createKey(config.keystoreDir, { meter }, readPassphrase(config), config.keystoreStrength));
  const community = await openCommunity(config, deployment);
  try {
    const known = await findMeter(community, meter);
    if (known?.device?.toLowerCase() === device.toLowerCase()) {
      say(`Meter ${meter} is paired already.`);
      return;
    }
    const importRegister = BigInt(facts.openingImportWh / facts.unitWh);
    const exportRegister = BigInt(facts.openingExportWh / facts.unitWh);
    const asked = { meter, meteringPoint: facts.meteringPoint, device, importRegister, exportRegister };
    const kept = findConsent(config.dataDir, meter);
    const signed =
      kept ??
      (parts.consentFile === undefined
        ? await askOwner(
            { ...asked, expires: Math.floor(Date.now() / 1000) + parts.minutes * 60 },
            { ...parts, config, community, unitWh: facts.unitWh },
          )
        : await readConsentFile(parts.consentFile, asked, community));
    await checkOwner(signed, facts, parts);
    if (kept === undefined) say(`The owner's consent is kept in ${keepConsent(config.dataDir, deployment, signed)}.`);

    const actor: Actor = { community, account: operator, say };
    const { owner } = signed.consent;
    await admitMember(actor, owner);
    await registerMeter(actor, {
      ...{ meter, owner, kind: facts.kind, source: facts.source, place: facts.place },
      unitExponent: Math.log10(facts.unitWh),
      capWh: capOf(facts),
    });
    const registers = { importRegister: String(importRegister), exportRegister: String(exportRegister) };
    const [proof] = await provePossession(config, [String(meter)], registers);
    if (proof === undefined) throw new CommonwattError(`The signer proved nothing for meter ${meter}`);
    await registerDevice(actor, {
      ...{ meter, device, possession: proof.signature, importRegister, exportRegister },
      ...({ keyType: "secp256k1", custody: "operator" } as const),
    });
    say(`Meter ${meter} is paired: its owner is ${owner}, its device ${device}.`);
  } finally {
    community.close();
  }
}

/** What the fuse carries in a quarter-hour, in whole units, as far as the contract can hold it. */
function capOf({ fuseWatts, unitWh }: NewMeterFacts): number {
  const units = Math.ceil(fuseWatts / QUARTERS_AN_HOUR / unitWh);
  return Math.min(units, 32_767) * unitWh;
}

async function checkOwner({ consent: { owner } }: SignedConsent, facts: NewMeterFacts, { ask, terminal }: PairParts) {
  if (facts.owner !== undefined && facts.owner.toLowerCase() !== owner.toLowerCase()) {
    throw new CommonwattError(
      `Meter ${facts.meter} was signed for by ${owner}, expected its owner, ${facts.owner}. Run it again for a new link`,
    );
  }
  if (facts.owner !== undefined) return;
  const isRight = await ask({
    key: "isOwner",
    text: `${owner} has signed for meter ${facts.meter}. Is that its owner (yes, no)?`,
    // Without a person the link was given to the owner alone; a person has to say so.
    ...(terminal ? {} : { fallback: "yes" }),
    read: readYes("answer"),
  });
  if (!isRight) throw new CommonwattError(`Meter ${facts.meter} is not registered. Run it again for a new link`);
}
