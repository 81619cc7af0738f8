import type { IncomingMessage } from "node:http";

import type { Sender } from "./key-ring.ts";
import { networkOf } from "./network-of.ts";
import type { InputApiParts } from "./parts.ts";
import type { PresentedKey } from "./presented-key.ts";
import { failure, type Reply, RETRY_SECONDS, unauthorized } from "./reply.ts";

/** Who it is, or why it is not let in. */
export function admit(presented: PresentedKey, request: IncomingMessage, parts: InputApiParts): Sender | Reply {
  const sender = parts.keys.find(presented.key);
  if (sender === undefined) return refuseKey(request, parts, presented.kind);
  return parts.requests.take(String(sender.user)) ? sender : slowDown();
}

/** Right keys from the same address still count: a proxy has one address for all that are behind it. */
export function refuseKey(request: IncomingMessage, parts: InputApiParts, kind: PresentedKey["kind"]): Reply {
  return parts.wrongKeys.take(networkOf(request.socket.remoteAddress)) ? unauthorized(kind) : slowDown();
}

export function slowDown(): Reply {
  return failure("Too many requests", 429, { "retry-after": RETRY_SECONDS });
}

export function tooLarge(maxBodyBytes: number): Reply {
  return failure(`The body is too large, expected at most ${maxBodyBytes} bytes`, 413, { connection: "close" });
}
