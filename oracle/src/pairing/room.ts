import { createHash, randomBytes } from "node:crypto";
import { existsSync, linkSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";
import {
  type Consent,
  PAIRING_TOKEN,
  parseConsent,
  serializeConsent,
  type SignedConsent,
} from "@commonwatt/sdk/consent";

/** What the owner's page answers to: one meter, once, until it expires. */
export type OpenPairing = Omit<Consent, "owner" | "time"> & { expires: number };
/** What is to be signed, with everything in text. */
type StoredPairing = Omit<OpenPairing, "importRegister" | "exportRegister"> & {
  importRegister: string;
  exportRegister: string;
};

/** How a token stands. */
export type PairingState = "open" | "answered" | "expired" | "unknown";

/** Invitations that may be open at a time: an operator pairs one meter after the other. */
const MAX_OPEN = 64;
const TOKEN_BYTES = 16;

/** A folder (mode 700) in which the page's answers meet whoever asked for them, though both are processes of their own. */
export type PairingRoom = ReturnType<typeof openPairingRoom>;

/** @param folder - Need not exist yet. */
export function openPairingRoom(folder: string) {
  // The token itself is on no disk: who reads the folder cannot answer.
  const fileOf = (token: string, kind: "asked" | "answer") =>
    join(folder, `${createHash("sha256").update(token).digest("hex")}.${kind}.json`);

  function stateOf(token: string, nowSeconds: number): PairingState {
    if (!PAIRING_TOKEN.test(token)) return "unknown";
    const asked = read(token);
    if (asked === undefined) return "unknown";
    if (existsSync(fileOf(token, "answer"))) return "answered";
    return nowSeconds > asked.expires ? "expired" : "open";
  }

  function read(token: string): OpenPairing | undefined {
    const file = fileOf(token, "asked");
    if (!existsSync(file)) return undefined;
    const stored = JSON.parse(readFileSync(file, "utf8")) as StoredPairing;
    return {
      ...stored,
      importRegister: BigInt(stored.importRegister),
      exportRegister: BigInt(stored.exportRegister),
    };
  }

  return {
    stateOf,
    read,
    /**
     * Opens an invitation.
     *
     * @returns Its token.
     * @throws CommonwattError when too many are open.
     */
    invite(pairing: OpenPairing): string {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      const open = readdirSync(folder).filter((name) => name.endsWith(".asked.json")).length;
      if (open >= MAX_OPEN) {
        throw new CommonwattError(
          `${open} pairings are open in ${folder}, expected at most ${MAX_OPEN}. End those that nobody answers, or remove their files`,
        );
      }
      const token = randomBytes(TOKEN_BYTES).toString("base64url");
      const stored: StoredPairing = {
        ...pairing,
        importRegister: pairing.importRegister.toString(),
        exportRegister: pairing.exportRegister.toString(),
      };
      writeFileSync(fileOf(token, "asked"), `${JSON.stringify(stored)}\n`, { mode: 0o600, flag: "wx" });
      return token;
    },
    /** Keeps an answer; false when another was first. */
    answer(token: string, signed: SignedConsent): boolean {
      // Whole under its name or not at all: half an answer would be in the way of every other.
      const beside = join(folder, `${randomBytes(TOKEN_BYTES).toString("hex")}.part`);
      try {
        writeFileSync(beside, `${JSON.stringify(serializeConsent(signed))}\n`, {
          mode: 0o600,
          flag: "wx",
          flush: true,
        });
        linkSync(beside, fileOf(token, "answer"));
        return true;
      } catch (error) {
        if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
        throw error;
      } finally {
        rmSync(beside, { force: true });
      }
    },
    /** The answer, if it is there. */
    answered(token: string): SignedConsent | undefined {
      const file = fileOf(token, "answer");
      if (!existsSync(file)) return undefined;
      return parseConsent(readFileSync(file, "utf8"));
    },
    /** Forgets an invitation: its link is worth nothing any more. */
    end(token: string): void {
      for (const kind of ["asked", "answer"] as const) rmSync(fileOf(token, kind), { force: true });
    },
  };
}

/** Why a consent is not what was asked for; undefined when it is. */
export function mismatch(asked: Omit<Consent, "owner" | "time">, { consent }: SignedConsent): string | undefined {
  const fields = ["meter", "meteringPoint", "device", "importRegister", "exportRegister"] as const;
  const wrong = fields.find((field) => String(asked[field]).toLowerCase() !== String(consent[field]).toLowerCase());
  if (wrong === undefined) return undefined;
  return `${wrong} is ${String(consent[wrong])}, expected ${String(asked[wrong])}`;
}

/** Where the invitations of an oracle are. */
export const pairingFolder = ({ dataDir }: { dataDir: string }) => join(dataDir, "pairing");
