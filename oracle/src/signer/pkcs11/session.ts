import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";

import { CKF, CKR, CryptokiError, isLost } from "./codes.ts";
import type { Cryptoki, TokenInfo } from "./cryptoki.ts";

export type TokenSession = {
  /**
   * Does something in a session that is logged in. When the session, the login or the token was lost, once more in a new
   * one.
   *
   * @throws CommonwattError when the token or its login cannot be had.
   */
  use<T>(act: (session: bigint) => T): T;
  close(): void;
};

/**
 * A session on a token, opened when it is first used and again after it was lost. A PIN that was refused is not tried a
 * second time: three refusals lock most tokens.
 *
 * @param label - The token's.
 */
export function createTokenSession(cryptoki: Cryptoki, label: string, readPin: () => string): TokenSession {
  let open: { session: bigint } | undefined;
  let refused: string | undefined;

  function openSession(): bigint {
    if (refused !== undefined) throw new CommonwattError(refused);
    // From the beginning: a library may not notice a token that was pulled out and put in again.
    close();
    cryptoki.initialize();
    const token = find(cryptoki.tokens());
    const session = cryptoki.openSession(token.slot);
    if ((token.flags & CKF.loginRequired) !== 0) login(session, token);
    open = { session };
    return session;
  }

  function find(tokens: readonly TokenInfo[]): TokenInfo {
    const [token, another] = tokens.filter((candidate) => candidate.label === label);
    if (token === undefined) {
      const others = tokens.map((candidate) => JSON.stringify(candidate.label)).join(", ");
      throw new CommonwattError(`There is no token ${JSON.stringify(label)}, found ${others || "none"}`);
    }
    if (another !== undefined) throw new CommonwattError(`Two tokens have the label ${JSON.stringify(label)}`);
    return token;
  }

  function login(session: bigint, { flags }: TokenInfo): void {
    if ((flags & CKF.pinLocked) !== 0) {
      throw new CommonwattError(`The PIN of token ${JSON.stringify(label)} is locked: unlock it with its maker's tool`);
    }
    if ((flags & (CKF.pinCountLow | CKF.pinFinalTry)) !== 0) {
      throw new CommonwattError(
        `A wrong PIN was given to token ${JSON.stringify(label)} before: so that it is not locked, log in once by hand with the right one (pkcs11-tool --login --list-objects), then start again`,
      );
    }
    try {
      cryptoki.login(session, readPin());
    } catch (error) {
      if (error instanceof CryptokiError && (error.code === CKR.pinIncorrect || error.code === CKR.pinLocked)) {
        refused = `The PIN of token ${JSON.stringify(label)} is wrong: it is not tried again before the next start`;
        throw new CommonwattError(refused);
      }
      throw error;
    }
  }

  function close(): void {
    open = undefined;
    try {
      cryptoki.finalize();
    } catch (error) {
      // It was not initialised, or the token is gone: there is nothing to end.
      if (!(error instanceof CryptokiError)) throw error;
    }
  }

  return {
    use(act) {
      const known = open?.session;
      if (known === undefined) return act(openSession());
      try {
        return act(known);
      } catch (error) {
        if (!isLost(error)) throw error;
        return act(openSession());
      }
    },
    close,
  };
}
