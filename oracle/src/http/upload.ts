import { decodeBulk } from "./bulk.ts";
import { inflateBounded } from "./inflate.ts";
import type { Sender } from "./key-ring.ts";
import { cleanNode, DEFAULT_NODE } from "./names.ts";
import type { Params } from "./params.ts";
import type { InputApiParts } from "./parts.ts";
import { decodePost, notAllowed, type Upload } from "./post.ts";
import { failure, type Reply, unavailable } from "./reply.ts";
import type { Route } from "./route.ts";

/** Reads what a sender sent, by the path that it sent it to. */
export async function decodeUpload(
  route: Route,
  params: Params,
  compressed: Buffer | undefined,
  { user, node: allowed }: Sender,
  strict: boolean,
  { clock }: Pick<InputApiParts, "clock">,
): Promise<Upload> {
  const source = `http:${user}`;
  if (route.action === "bulk") {
    const text = await readRows(params, compressed);
    if (typeof text !== "string") return text;
    return decodeBulk(text, params, { source, allowed, strict, nowMs: clock.nowMs() });
  }
  const named = params.get("node");
  const node = route.node ?? (named === undefined ? (allowed ?? DEFAULT_NODE) : cleanNode(named));
  if (allowed !== undefined && node !== allowed) {
    const refusal = notAllowed(node, allowed);
    return { failure: refusal.detail, status: 403, refusals: [refusal] };
  }
  return decodePost(params, node, source);
}

/** The rows of a bulk upload: a parameter, hex of compressed data in it (`c=1`), or a compressed body (`cb=1`). */
async function readRows(params: Params, compressed: Buffer | undefined): Promise<string | Upload> {
  const data = params.get("data") ?? "";
  if (compressed === undefined && params.get("c") !== "1") return data;
  if (compressed === undefined && !/^(?:[0-9a-f]{2})+$/iu.test(data)) {
    return { failure: "Format error, data is not hex of compressed data" };
  }
  const inflated = await inflateBounded(compressed ?? Buffer.from(data, "hex"));
  if (inflated === undefined) return { failure: "Format error, the data is not compressed with zlib" };
  if (inflated === "too-large") return { failure: "The decompressed data is too large", status: 413 };
  return inflated.toString("utf8");
}

/** Hands over what was read; returns once that is durable. The answer where it cannot be taken. */
export async function storeUpload(upload: Upload, { intake, notStored }: InputApiParts): Promise<Reply | undefined> {
  const failed = "failure" in upload;
  try {
    if (!failed) await intake.take(upload.decoded);
    else if (upload.refusals !== undefined) await intake.take({ messages: [], refusals: upload.refusals });
  } catch (error) {
    notStored(error instanceof Error ? error : new Error(String(error)));
    return unavailable();
  }
  return failed ? failure(upload.failure, upload.status) : undefined;
}
