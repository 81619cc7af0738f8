import { createDecipheriv, createHash, createHmac, timingSafeEqual } from "node:crypto";

const BLOCK_BYTES = 16;
const AUTHORIZATION = /^([^:\s]{1,20}):([0-9a-f]{64})$/iu;
/** Both alphabets, padded or not. */
const BASE64 = /^[A-Za-z0-9+/_-]+={0,2}$/u;

/** Whether a body is encrypted, by its content type; `aes128cbcgz` is compressed before it is encrypted. */
export function encryptionOf(contentType: string | undefined): "aes128cbc" | "aes128cbcgz" | undefined {
  const type = contentType?.split(";", 1)[0]?.trim().toLowerCase();
  return type === "aes128cbc" || type === "aes128cbcgz" ? type : undefined;
}

/** Reads `<user id>:<hex HMAC-SHA256>`. */
export function parseEncryptedAuthorization(header: string | undefined): { user: string; mac: Buffer } | undefined {
  const parts = AUTHORIZATION.exec(header ?? "");
  return parts === null ? undefined : { user: parts[1] ?? "", mac: Buffer.from(parts[2] ?? "", "hex") };
}

/**
 * Reads a body: base64 of the initialisation vector and at least one block.
 *
 * @returns The bytes, or undefined when it is none.
 */
export function parseEnvelope(body: Uint8Array): Buffer | undefined {
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString("latin1").trim();
  if (!BASE64.test(text)) return undefined;
  const bytes = Buffer.from(text, "base64");
  return bytes.length >= 2 * BLOCK_BYTES && bytes.length % BLOCK_BYTES === 0 ? bytes : undefined;
}

/**
 * Decrypts an envelope and checks who wrote it. The HMAC covers the plaintext only, so a wrong padding must look like a
 * wrong HMAC, in its answer and in its time: the HMAC is computed and compared either way.
 *
 * @param secret - The 16 bytes of the key.
 * @returns The plaintext, or undefined when it was not written with this key.
 */
export function openEnvelope(envelope: Buffer, secret: Uint8Array, mac: Uint8Array): Buffer | undefined {
  const decipher = createDecipheriv("aes-128-cbc", secret, envelope.subarray(0, BLOCK_BYTES)).setAutoPadding(false);
  const padded = Buffer.concat([decipher.update(envelope.subarray(BLOCK_BYTES)), decipher.final()]);
  const count = padded.at(-1) ?? 0;
  let wrong = count < 1 || count > BLOCK_BYTES ? 1 : 0;
  for (const [index, byte] of padded.subarray(-BLOCK_BYTES).entries()) {
    if (BLOCK_BYTES - index <= count) wrong |= byte ^ count;
  }
  const plaintext = padded.subarray(0, padded.length - (wrong === 0 ? count : 1));
  const expected = createHmac("sha256", secret).update(plaintext).digest();
  const matches = timingSafeEqual(expected, mac);
  return matches && wrong === 0 ? plaintext : undefined;
}

/** What proves to the sender that its message was read: URL-safe base64, padded, of SHA-256(plaintext). */
export function receiptOf(plaintext: Uint8Array): string {
  const digest = createHash("sha256").update(plaintext).digest("base64");
  return digest.replaceAll("+", "-").replaceAll("/", "_");
}
