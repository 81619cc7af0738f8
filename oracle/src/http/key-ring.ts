import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";

import type { SenderKey } from "./keys-file.ts";

/** Who may send, and what. */
export type Sender = {
  user: number;
  /** The only node it may write; undefined: any. */
  node: string | undefined;
  /** The 16 bytes of its key. */
  secret: Buffer;
};

export type KeyRing = {
  size: number;
  /** Whose key a request shows. */
  find(presented: string): Sender | undefined;
  /** The sender that encrypted input names. */
  byUser(user: string): Sender | undefined;
};

const MAX_PRESENTED_CHARACTERS = 256;

/**
 * Keys to look up in constant time: what is shown is hashed with a secret of this process, and the hash is what is looked up
 * and compared. How long that takes says nothing about any key, because nobody outside can tell which hash a guess has.
 */
export function createKeyRing(keys: readonly SenderKey[]): KeyRing {
  const pepper = randomBytes(32);
  const digest = (key: string) => createHmac("sha256", pepper).update(key).digest();
  const senders = new Map<string, { sender: Sender; hash: Buffer }>();
  const users = new Map<string, Sender>();
  for (const { user, key, node } of keys) {
    const sender: Sender = { user, node, secret: Buffer.from(key, "hex") };
    const hash = digest(key.toLowerCase());
    senders.set(hash.toString("hex"), { sender, hash });
    users.set(String(user), sender);
  }
  const nobody = digest(randomBytes(16).toString("hex"));
  return {
    size: keys.length,
    find(presented) {
      if (presented.length > MAX_PRESENTED_CHARACTERS) return undefined;
      const hash = digest(presented.toLowerCase());
      const found = senders.get(hash.toString("hex"));
      const matches = timingSafeEqual(found?.hash ?? nobody, hash);
      return matches ? found?.sender : undefined;
    },
    byUser: (user) => users.get(user),
  };
}
