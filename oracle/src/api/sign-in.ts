import { type Address, hashMessage, type Hex, isAddressEqual, recoverMessageAddress } from "viem";
import { verifyHash } from "viem/actions";

import { commonBlock } from "../chain/endpoints/agree.ts";
import type { Endpoints } from "../chain/endpoints/endpoints.ts";
import { createCarefulReader } from "../chain/reader.ts";
import type { ApiConfig } from "../config/api.ts";
import type { Database } from "../storage/sql.ts";
import type { Nonces } from "./nonces.ts";
import type { Owners } from "./owners.ts";
import { refuse } from "./refusal.ts";
import type { Session, SessionStore } from "./sessions.ts";
import { readSignInMessage } from "./sign-in-message.ts";

export type SignInParts = {
  config: ApiConfig;
  chainId: number;
  endpoints: Endpoints;
  owners: Pick<Owners, "isMember">;
  database: Database;
  sessions: SessionStore;
  nonces: Nonces;
  /** The machine's clock. */
  nowMs: () => number;
};

const EOA_SIGNATURE_CHARACTERS = 2 + 2 * 65;

/**
 * Begins a session for whoever signed the message.
 *
 * Everything that costs nothing is checked first; a contract wallet is asked last, and only a member's: it may answer
 * slowly on purpose. The nonce is used up together with the session's beginning, so that of two that come at the same time
 * with the same message one is refused.
 *
 * @throws RequestRefusedError saying what is wrong.
 */
export async function signIn(
  { message, signature }: { message: string; signature: Hex },
  parts: SignInParts,
): Promise<{ token: string; session: Session; ended: string[] }> {
  const { config, chainId, owners, database, sessions, nonces, nowMs } = parts;
  const lifeMs = config.nonceSeconds * 1000;
  const { wallet, nonce, expiresMs } = readSignInMessage(message, { ...config, chainId }, lifeMs, nowMs());
  if (!nonces.isGenuine(nonce, wallet)) {
    throw refuse(401, "Nonce is none of this oracle's for this wallet, or it has run out", "a new one");
  }
  const isAccount = await isSignedByAccount(wallet, message, signature);
  if (!(await owners.isMember(wallet))) {
    // Who is no member learns nothing more, whatever the signature.
    throw refuse(403, `${wallet} is no member of the neighbourhood`, "a member, whom the operator has admitted");
  }
  if (!isAccount && !(await isSignedByContract(wallet, message, signature, parts.endpoints))) {
    throw refuse(401, `signature is not one of ${wallet} over this message`, "the wallet's own");
  }
  return database.transaction(async (sql) => {
    if (!(await nonces.use(sql, nonce))) throw refuse(401, "Nonce was used already", "a new one for each sign-in");
    return sessions.begin(sql, wallet, expiresMs);
  });
}

async function isSignedByAccount(wallet: Address, message: string, signature: Hex): Promise<boolean> {
  if (signature.length !== EOA_SIGNATURE_CHARACTERS) return false;
  const signer = await recoverMessageAddress({ message, signature }).catch(() => undefined);
  return signer !== undefined && isAddressEqual(signer, wallet);
}

/** A contract wallet says for itself whether it signed (ERC-1271, ERC-6492); which of the endpoints repeat it, the majority decides. */
async function isSignedByContract(
  wallet: Address,
  message: string,
  signature: Hex,
  endpoints: Endpoints,
): Promise<boolean> {
  const blockNumber = await commonBlock(endpoints);
  const reader = createCarefulReader(endpoints);
  return verifyHash(reader, { address: wallet, hash: hashMessage(message), signature, blockNumber });
}
