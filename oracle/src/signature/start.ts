import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";
import type { Logger } from "pino";

import type { Config } from "../config/schema.ts";
import type { OutboxStore } from "../outbox/outbox-store.ts";
import { openSigner } from "./open-signer.ts";
import { createRoster, type Roster, type RosterParts } from "./roster.ts";
import { signAnew } from "./sign-anew.ts";
import { signClosed } from "./sign-closed.ts";

export type SigningParts = {
  chain: RosterParts["chain"];
  outbox: OutboxStore;
  log: Logger;
};

/** What signs the closed days of a running oracle. */
export type Signing = {
  roster: Roster;
  /**
   * Has signed what waits for it.
   *
   * @returns How many were signed.
   * @throws SignerUnavailableError, SignerTroubleError: what could not be signed waits, call again later.
   */
  round(): Promise<number>;
  close(): Promise<void>;
};

/**
 * Opens the signer that the config names and learns which devices it has.
 *
 * @throws CommonwattError when it has none of a meter of the config.
 */
export async function startSigning(config: Config, { chain, outbox, log }: SigningParts): Promise<Signing> {
  const signer = openSigner(config, {
    onMessage: (text) => {
      log.warn({ event: "signer" }, `The signer says: ${text}`);
    },
  });
  const roster = createRoster({ signer, chain, nowMs: Date.now, log });
  try {
    await roster.refresh();
    requireDevices(config, roster);
  } catch (error) {
    await signer.close();
    throw error;
  }
  return {
    roster,
    async round() {
      await roster.refresh();
      await signAnew(outbox, roster, log);
      return signClosed(outbox, signer, roster, log);
    },
    close: () => signer.close(),
  };
}

function requireDevices({ meters, keystoreDir, signer }: Config, roster: Roster): void {
  const without = meters.map(({ meter }) => meter).filter((meter) => roster.get(meter) === undefined);
  if (without.length === 0) return;
  const place = { process: keystoreDir, pkcs11: "the secure element", remote: "the remote signer" }[signer.kind];
  throw new CommonwattError(
    `There is no device key of meter ${without.join(", ")} in ${place}. Make it with "keys create"`,
  );
}
