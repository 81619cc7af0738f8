import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";
import type { Eip712Domain } from "@commonwatt/sdk/domains";
import { recoverDevice, toSignedProfile } from "@commonwatt/sdk/profile-signing";
import type { Logger } from "pino";

import type { Signer } from "../signer/signer.ts";
import { SignerTroubleError, SignerUnavailableError } from "./signer-errors.ts";

/** How the signer is, for whoever looks at the oracle's health. */
export type SignerStatus = {
  kind: "process" | "pkcs11" | "remote";
  state: "answers" | "away" | "not asked yet";
  /** Since when, ISO 8601. */
  since: string;
  /** Why it is away. */
  reason: string | null;
};

/** A signer whose coming and going is told once, in the log. */
export type WatchedSigner = Signer & { status(): SignerStatus };

/**
 * @param nowMs - Unix milliseconds of the machine's clock.
 */
export function watchSigner(
  signer: Signer,
  { kind, nowMs, log }: { kind: SignerStatus["kind"]; nowMs: () => number; log: Logger },
): WatchedSigner {
  const since = () => new Date(nowMs()).toISOString();
  let status: SignerStatus = { kind, state: "not asked yet", since: since(), reason: null };

  async function watched<T>(asked: Promise<T>): Promise<T> {
    try {
      const answer = await asked;
      answered();
      return answer;
    } catch (error) {
      if (error instanceof SignerUnavailableError) away(error.message);
      else answered();
      throw error;
    }
  }

  function answered(): void {
    if (status.state === "answers") return;
    if (status.state === "away") {
      log.info({ event: "signer-back" }, "The signer answers again: the days that waited are signed");
    }
    status = { kind, state: "answers", since: since(), reason: null };
  }

  function away(reason: string): void {
    if (status.state !== "away") {
      log.warn({ event: "signer-away", reason }, `${reason}. Days that are over wait for it, messages are still taken`);
      status = { kind, state: "away", since: since(), reason };
    } else {
      status = { ...status, reason };
    }
  }

  return {
    devices: () => watched(signer.devices()),
    signProfile: (device, profile) => watched(signer.signProfile(device, profile)),
    provePossession: (meter, registers, device) => watched(signer.provePossession(meter, registers, device)),
    status: () => status,
  };
}

/**
 * Checks what a signer signed: one on another machine could be another's.
 *
 * @param domain - The neighbourhood's.
 */
export function verifySigner(signer: Signer, domain: Eip712Domain): Signer {
  return {
    ...signer,
    async signProfile(device, profile) {
      const signature = await signer.signProfile(device, profile);
      const recovered = await recoverDevice(domain, toSignedProfile(profile, signature)).catch((error: unknown) => {
        throw unfit(device, error instanceof CommonwattError ? error.message : "it is no signature");
      });
      if (recovered.toLowerCase() !== device.toLowerCase()) throw unfit(device, `it is that of ${recovered}`);
      return signature;
    },
  };
}

const unfit = (device: string, why: string) =>
  new SignerTroubleError(`The signer gave a signature that is not that of ${device}: ${why}`);
