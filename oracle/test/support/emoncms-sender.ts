import { createCipheriv, createHash, createHmac, randomBytes } from "node:crypto";
import { deflateSync } from "node:zlib";

/** What a device sends that encrypts its input. */
export type EncryptedRequest = { headers: Record<string, string>; body: string; receipt: string };

/**
 * Encrypts a request as a device does: AES-128-CBC of the plain request, HMAC-SHA256 of it in the header.
 *
 * @param key - 32 hex characters.
 * @param iv - 16 bytes; fresh ones where they are not given.
 */
export function encrypt(
  plaintext: string,
  { user, key, iv = randomBytes(16), gz = false }: { user: number; key: string; iv?: Buffer; gz?: boolean },
): EncryptedRequest {
  const secret = Buffer.from(key, "hex");
  const content = gz ? deflateSync(plaintext) : Buffer.from(plaintext);
  const cipher = createCipheriv("aes-128-cbc", secret, iv);
  const envelope = Buffer.concat([iv, cipher.update(content), cipher.final()]);
  return {
    headers: {
      "content-type": gz ? "aes128cbcgz" : "aes128cbc",
      authorization: `${user}:${createHmac("sha256", secret).update(content).digest("hex")}`,
    },
    body: envelope.toString("base64url"),
    receipt: createHash("sha256").update(content).digest("base64").replaceAll("+", "-").replaceAll("/", "_"),
  };
}
