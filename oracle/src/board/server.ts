import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

import type { Logger } from "pino";

import type { ApiServer } from "../api/server.ts";
import { closeServer } from "../close-server.ts";
import type { PairingRoute } from "../pairing/route.ts";
import { acceptOffer, type BoardParts, OfferRefusedError } from "./accept-offer.ts";
import { isAllowedOrigin } from "./origins.ts";

export type BoardOptions = BoardParts & {
  host: string;
  port: number;
  allowedOrigins: readonly string[];
  /** Takes the consents of owners who are being paired; without it nobody is. */
  pairing?: PairingRoute;
  /** The private API, where it is on. */
  api?: Pick<ApiServer, "serve"> | undefined;
  /** What `GET /api/health` answers, besides its status. */
  health: () => Promise<object>;
  log: Logger;
};
export type Board = { port: number; close(): Promise<void> };

type Answer = { status: number; body: string };

const MAX_BODY_BYTES = 16_384;
const MAX_CONNECTIONS = 500;
const REQUEST_TIMEOUT_MILLISECONDS = 15_000;

/** Serves the offer board and the oracle's health over HTTP. */
export async function startBoard(options: BoardOptions): Promise<Board> {
  const server = createServer((request, response) => {
    void respond(request, response, options);
  });
  server.requestTimeout = REQUEST_TIMEOUT_MILLISECONDS;
  server.maxConnections = MAX_CONNECTIONS;
  server.listen(options.port, options.host);
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    close: () => closeServer(server),
  };
}

async function respond(request: IncomingMessage, response: ServerResponse, options: BoardOptions): Promise<void> {
  const { origin } = request.headers;
  if (origin !== undefined && isAllowedOrigin(origin, options.allowedOrigins)) {
    response.setHeader("access-control-allow-origin", origin);
    response.setHeader("access-control-allow-methods", "GET, POST, DELETE, OPTIONS");
    // No credentials: no browser ever sends a session by itself.
    response.setHeader("access-control-allow-headers", "authorization, content-type, last-event-id");
    response.setHeader("access-control-expose-headers", "retry-after");
    response.setHeader("access-control-max-age", "600");
  }
  response.setHeader("vary", "origin");
  let answer: Answer;
  try {
    const url = URL.parse(request.url ?? "/", "http://board");
    if (url !== null && request.method !== "OPTIONS" && (await options.api?.serve(request, response, url))) return;
    answer = await route(request, options, url);
  } catch (error) {
    options.log.error({ event: "board-failed", error: String(error) }, `The board failed to answer: ${String(error)}`);
    answer = refusal(500, "the board failed", "another try later");
  }
  response.writeHead(answer.status, { "content-type": "application/json", "cache-control": "no-store" });
  response.end(answer.body);
}

async function route(request: IncomingMessage, options: BoardOptions, url: URL | null): Promise<Answer> {
  if (url === null) return refusal(400, "the address cannot be read", "a path such as /api/offers");
  const method = request.method ?? "GET";
  if (method === "OPTIONS") return { status: 204, body: "" };
  if (options.pairing?.matches(url.pathname) === true) {
    return options.pairing.respond(method, url.pathname, () => readBody(request));
  }
  if (url.pathname === "/api/offers" && method === "GET") return listOffers(url, options);
  if (url.pathname === "/api/offers" && method === "POST") return postOffer(request, options);
  if (url.pathname === "/api/health" && method === "GET") {
    return { status: 200, body: JSON.stringify({ status: "ok", ...(await options.health()) }) };
  }
  if (["/api/offers", "/api/health"].includes(url.pathname)) {
    return refusal(405, `${method} is not allowed here`, url.pathname === "/api/offers" ? "GET or POST" : "GET");
  }
  return refusal(404, `there is nothing at ${url.pathname.slice(0, 100)}`, "/api/offers or /api/health");
}

async function listOffers(url: URL, { offers, nowSeconds }: BoardOptions): Promise<Answer> {
  const meter = url.searchParams.get("meter");
  if (meter !== null && !/^\d{1,10}$/u.test(meter)) {
    return refusal(400, `meter is ${JSON.stringify(meter.slice(0, 100))}`, "a meter number");
  }
  const bodies = await offers.list(nowSeconds(), meter === null ? undefined : Number(meter));
  return { status: 200, body: `{"offers":[${bodies.join(",")}]}` };
}

async function postOffer(request: IncomingMessage, options: BoardOptions): Promise<Answer> {
  const text = await readBody(request);
  if (text === undefined) return refusal(413, "the body is too large", `at most ${MAX_BODY_BYTES} bytes`);
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return refusal(400, "the body is not JSON", "a JSON object {offer, signature}");
  }
  try {
    const hash = await acceptOffer(body, options);
    options.log.info({ event: "offer", hash }, "An offer came to the board");
    return { status: 201, body: JSON.stringify({ hash }) };
  } catch (error) {
    if (!(error instanceof OfferRefusedError)) throw error;
    return refusal(400, error.shortMessage, error.expected);
  }
}

/** The body as text, or undefined when it is too large. */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.byteLength;
    if (bytes <= MAX_BODY_BYTES) chunks.push(chunk);
    // Read on for a while, so that the sender gets the answer; one who never ends is cut off.
    if (bytes > 64 * MAX_BODY_BYTES) break;
  }
  return bytes > MAX_BODY_BYTES ? undefined : Buffer.concat(chunks).toString("utf8");
}

function refusal(status: number, error: string, expected: string): Answer {
  return { status, body: JSON.stringify({ error, expected }) };
}
