import type { IncomingMessage } from "node:http";

import { refuseKey, slowDown, tooLarge } from "./admission.ts";
import { openEnvelope, parseEncryptedAuthorization, parseEnvelope, receiptOf } from "./encrypted.ts";
import { inflateBounded } from "./inflate.ts";
import type { Sender } from "./key-ring.ts";
import { parsePlain } from "./params.ts";
import type { InputApiParts } from "./parts.ts";
import type { Upload } from "./post.ts";
import { digestOf } from "./replay-guard.ts";
import { failure, plain, type Reply, unavailable } from "./reply.ts";
import type { Route } from "./route.ts";
import { decodeUpload, storeUpload } from "./upload.ts";

/** Up to here a message is one block, for which others could find another initialisation vector. */
const ONE_BLOCK_BYTES = 15;
/** For a user that does not exist the same is done as for one that does. */
const NOBODY: Sender = { user: 0, node: undefined, secret: Buffer.alloc(16) };

class TooManyRequestsError extends Error {}

/**
 * Takes encrypted input. Only what is inside counts: the path and the query of a request can be changed on the way.
 */
export async function takeEncrypted(
  request: IncomingMessage,
  route: Route,
  encryption: "aes128cbc" | "aes128cbcgz",
  parts: InputApiParts,
): Promise<Reply> {
  const authorization = parseEncryptedAuthorization(request.headers.authorization);
  if (authorization === undefined) return plain(401, "authorization header format should be userid:hmac");
  const body = await parts.bodies.read(request);
  if (body === undefined) return tooLarge(parts.maxBodyBytes);
  const envelope = parseEnvelope(body);
  if (envelope === undefined) return plain(401, "The body should be base64 of AES-128-CBC");
  const known = parts.keys.byUser(authorization.user);
  const sender = known ?? NOBODY;
  const plaintext = openEnvelope(envelope, sender.secret, authorization.mac);
  if (known === undefined || plaintext === undefined) return refuseKey(request, parts, "apikey");
  if (route.node !== undefined) return failure("Format error, the node of encrypted input belongs inside it");

  const text = encryption === "aes128cbc" ? plaintext : await inflateBounded(plaintext);
  if (text === "too-large") return failure("The decompressed data is too large", 413);
  if (text === undefined) return failure("Format error, the data is not compressed with zlib");
  const params = parsePlain(text.toString("utf8"));
  if (params === undefined) return failure("Format error, too many parameters");
  const upload = await decodeUpload(route, params, undefined, sender, true, parts);
  const refused = await storeOnce(upload, { sender, plaintext, envelope, parts });
  return refused ?? plain(200, receiptOf(plaintext));
}

/** Stores a message unless it was taken before; then it is answered as it was. */
async function storeOnce(
  upload: Upload,
  { parts, sender, plaintext, envelope }: { parts: InputApiParts; sender: Sender; plaintext: Buffer; envelope: Buffer },
): Promise<Reply | undefined> {
  if ("failure" in upload) return storeUpload(upload, parts);
  if (!upload.absolute && (parts.encryptedNeedsTime || plaintext.length <= ONE_BLOCK_BYTES)) {
    return failure("Format error, encrypted input like this needs a time");
  }
  const { decoded, absolute } = upload;
  const digest = digestOf(plaintext, envelope, absolute);
  // Remembered for as long as its times could be taken: also for those that come from the future.
  const lastMs = Math.max(parts.clock.nowMs(), ...decoded.messages.map(({ timeMs }) => timeMs ?? 0));
  const expiresMs = lastMs + parts.pastToleranceMs;
  try {
    const isNew = await parts.replays.once({ user: sender.user, digest, expiresMs }, async () => {
      // What others send again must not use up what the sender itself may send.
      if (!parts.requests.take(String(sender.user))) throw new TooManyRequestsError();
      await parts.intake.take(decoded);
    });
    if (!isNew) parts.tally.repeated++;
    return undefined;
  } catch (error) {
    if (error instanceof TooManyRequestsError) return slowDown();
    parts.notStored(error instanceof Error ? error : new Error(String(error)));
    return unavailable();
  }
}
