import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

import { isAllowedOrigin } from "../board/origins.ts";
import { closeServer } from "../close-server.ts";
import type { PairingRoute } from "./route.ts";

const MAX_BODY_BYTES = 16_384;
const MAX_CONNECTIONS = 50;
const REQUEST_TIMEOUT_MS = 15_000;

export type PairingServerOptions = {
  host: string;
  port: number;
  allowedOrigins: readonly string[];
  route: PairingRoute;
  /** Told the port, which the system chooses for 0. */
  onListening?: (port: number) => void;
};

/**
 * Serves the pairing route alone, at the board's address, while no oracle does.
 *
 * @returns Undefined where the address is taken: the oracle runs, and serves the route itself.
 */
export async function startPairingServer(
  options: PairingServerOptions,
): Promise<{ close(): Promise<void> } | undefined> {
  const server = createServer((request, response) => {
    void respond(request, response, options);
  });
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  server.maxConnections = MAX_CONNECTIONS;
  try {
    server.listen(options.port, options.host);
    await once(server, "listening");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EADDRINUSE") return undefined;
    throw error;
  }
  options.onListening?.((server.address() as AddressInfo).port);
  return { close: () => closeServer(server) };
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  { allowedOrigins, route }: PairingServerOptions,
): Promise<void> {
  const { origin } = request.headers;
  if (origin !== undefined && isAllowedOrigin(origin, allowedOrigins)) {
    response.setHeader("access-control-allow-origin", origin);
    response.setHeader("access-control-allow-methods", "GET, POST, OPTIONS");
    response.setHeader("access-control-allow-headers", "content-type");
  }
  response.setHeader("vary", "origin");
  const path = URL.parse(request.url ?? "/", "http://pairing")?.pathname ?? "/";
  const method = request.method ?? "GET";
  const answer =
    method === "OPTIONS"
      ? { status: 204, body: "" }
      : route.matches(path)
        ? await route.respond(method, path, () => readBody(request)).catch(() => FAILED)
        : { status: 404, body: `{"error":"only pairing is served until the oracle runs"}` };
  response.writeHead(answer.status, { "content-type": "application/json", "cache-control": "no-store" });
  response.end(answer.body);
}

const FAILED = { status: 500, body: `{"error":"this failed","expected":"another try later"}` };

async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.byteLength;
    if (bytes > MAX_BODY_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
