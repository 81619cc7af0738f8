import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";
import type { Deployment } from "@commonwatt/sdk/deployment";
import { neighbourhoodDomain } from "@commonwatt/sdk/domains";
import type { Logger } from "pino";

import type { Config } from "../config/schema.ts";
import type { OutboxStore } from "../outbox/outbox-store.ts";
import { openSigner } from "./open-signer.ts";
import { createRoster, type Roster, type RosterParts } from "./roster.ts";
import { signAnew } from "./sign-anew.ts";
import { signClosed } from "./sign-closed.ts";
import { SignerUnavailableError } from "./signer-errors.ts";
import { type SignerStatus, verifySigner, watchSigner } from "./watch-signer.ts";

export type SigningParts = {
  chain: RosterParts["chain"];
  deployment: Pick<Deployment, "chainId" | "neighbourhood">;
  outbox: OutboxStore;
  log: Logger;
};

/** What signs the closed days of a running oracle. */
export type Signing = {
  roster: Roster;
  /** Whether the signer has ever said which devices it has: without that no day is closed. */
  isReady(): Promise<boolean>;
  /**
   * Has signed what waits for it.
   *
   * @returns How many were signed; undefined while the signer is away, which it has told by then: everything waits.
   * @throws SignerTroubleError: what could not be signed waits, call again later.
   */
  round(): Promise<number | undefined>;
  status(): SignerStatus;
  close(): Promise<void>;
};

/**
 * Opens the signer that the config names and learns which devices it has. One on another machine may be away meanwhile.
 *
 * @throws CommonwattError when it has none of a meter of the config.
 */
export async function startSigning(config: Config, { chain, deployment, outbox, log }: SigningParts): Promise<Signing> {
  const opened = openSigner(config, {
    onMessage: (text) => {
      log.warn({ event: "signer" }, `The signer says: ${text}`);
    },
  });
  const { kind } = config.signer;
  const checked = kind === "remote" ? verifySigner(opened, neighbourhoodDomain(deployment)) : opened;
  const signer = watchSigner(checked, { kind, nowMs: Date.now, log });
  const roster = createRoster({ signer, chain, nowMs: Date.now, log });
  let isKnown = false;

  async function learn(): Promise<void> {
    await roster.refresh();
    if (isKnown) return;
    isKnown = true;
    requireDevices(config, roster, log);
  }

  try {
    await learn().catch((error: unknown) => {
      if (kind !== "remote" || !(error instanceof SignerUnavailableError)) throw error;
    });
  } catch (error) {
    await opened.close();
    throw error;
  }
  return {
    roster,
    async isReady() {
      if (isKnown) return true;
      try {
        await learn();
      } catch (error) {
        if (!(error instanceof SignerUnavailableError)) throw error;
      }
      return isKnown;
    },
    async round() {
      try {
        await learn();
        await signAnew(outbox, roster, log);
        return await signClosed(outbox, signer, roster, log);
      } catch (error) {
        if (!(error instanceof SignerUnavailableError)) throw error;
        return undefined;
      }
    },
    status: () => signer.status(),
    close: () => opened.close(),
  };
}

/** A meter whose key was revoked waits for another one; it must not keep the others from starting. */
function requireDevices({ meters, keystoreDir, signer }: Config, roster: Roster, log: Logger): void {
  const without = meters.map(({ meter }) => meter).filter((meter) => roster.get(meter) === undefined);
  if (without.length === 0) return;
  const place = { process: keystoreDir, pkcs11: "the secure element", remote: "the remote signer" }[signer.kind];
  const sentence = `There is no device key of meter ${without.join(", ")} in ${place}. Make it with "keys create"`;
  if (without.length === meters.length) throw new CommonwattError(sentence);
  log.error({ event: "no-device-key", meters: without }, `${sentence}: until then its days wait`);
}
