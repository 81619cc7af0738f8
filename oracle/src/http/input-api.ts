import type { IncomingMessage } from "node:http";

import { admit, tooLarge } from "./admission.ts";
import { encryptionOf } from "./encrypted.ts";
import { takeEncrypted } from "./encrypted-input.ts";
import { lastTimes } from "./input-get.ts";
import type { Sender } from "./key-ring.ts";
import { mergeParams, type Params, parseForm } from "./params.ts";
import type { InputApiParts } from "./parts.ts";
import { keyInHeader, keyInParams } from "./presented-key.ts";
import { failure, OK, plain, type Reply, SUCCESS, unauthorized } from "./reply.ts";
import { parseRoute, type Route } from "./route.ts";
import { decodeUpload, storeUpload } from "./upload.ts";

/** Answers one request of the Emoncms input API. Never says more of a failure than what to send instead. */
export async function answer(request: IncomingMessage, parts: InputApiParts): Promise<Reply> {
  const [path = "", query = ""] = splitAt(request.url ?? "/", "?");
  const route = parseRoute(path);
  if (route === undefined) return plain(404, "There is nothing here, expected input/post, input/bulk or input/get");
  const method = request.method ?? "";
  if (method !== "GET" && method !== "POST") return plain(405, "Expected GET or POST", { allow: "GET, POST" });
  const params = parseForm(query);
  if (params === undefined) return failure("Format error, too many parameters");

  if (method === "POST" && route.action !== "get") {
    const encryption = encryptionOf(request.headers["content-type"]);
    if (encryption !== undefined) return takeEncrypted(request, route, encryption, parts);
  }
  const presented = keyInParams(params) ?? keyInHeader(request.headers.authorization);
  // A key that comes before the body is judged before the body is read.
  const early = presented === undefined ? undefined : admit(presented, request, parts);
  if (early !== undefined && "status" in early) return early;
  if (route.action === "get")
    return early === undefined ? unauthorized("apikey") : lastTimes(route, params, early, parts);
  if (method === "GET")
    return early === undefined ? unauthorized("apikey") : take(route, params, undefined, early, parts);
  return takeBody(request, route, params, early, parts);
}

async function takeBody(
  request: IncomingMessage,
  route: Route,
  query: Params,
  early: Sender | undefined,
  parts: InputApiParts,
): Promise<Reply> {
  const compressed = route.action === "bulk" && query.get("cb") === "1";
  const type = request.headers["content-type"]?.split(";", 1)[0]?.trim().toLowerCase();
  if (!compressed && type !== undefined && type !== "application/x-www-form-urlencoded" && type !== "text/plain") {
    return plain(415, "Expected Content-Type: application/x-www-form-urlencoded");
  }
  const body = await parts.bodies.read(request);
  if (body === undefined) return tooLarge(parts.maxBodyBytes);
  if (compressed) {
    return early === undefined ? unauthorized("apikey") : take(route, query, body, early, parts);
  }
  const form = parseForm(body.toString("utf8"));
  if (form === undefined) return failure("Format error, too many parameters");
  const presented = keyInParams(form);
  const sender = early ?? (presented === undefined ? unauthorized("apikey") : admit(presented, request, parts));
  if ("status" in sender) return sender;
  return take(route, mergeParams(query, form), undefined, sender, parts);
}

async function take(
  route: Route,
  params: Params,
  compressed: Buffer | undefined,
  sender: Sender,
  parts: InputApiParts,
): Promise<Reply> {
  const upload = await decodeUpload(route, params, compressed, sender, false, parts);
  const refused = await storeUpload(upload, parts);
  if (refused !== undefined) return refused;
  return params.has("fulljson") ? SUCCESS : OK;
}

function splitAt(text: string, mark: string): string[] {
  const at = text.indexOf(mark);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}
