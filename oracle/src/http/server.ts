import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";

import { closeServer } from "../close-server.ts";
import type { HttpConfig } from "../config/schema.ts";
import { limitComplaints } from "../sources/complaints.ts";
import { createBodyReader } from "./body.ts";
import { type Connections, limitConnections } from "./connections.ts";
import { answer } from "./input-api.ts";
import type { InputApiParts } from "./parts.ts";
import { createRateLimit } from "./rate.ts";
import { plain, type Reply } from "./reply.ts";
import { createTally, type Tally } from "./tally.ts";

export type HttpInputOptions = Omit<HttpConfig, "keysFile"> &
  Pick<InputApiParts, "keys" | "intake" | "replays" | "lastReading" | "clock" | "log" | "pastToleranceMs"> & {
    /** Other bounds, for tests that cannot wait. */
    bounds?: Partial<typeof BOUNDS>;
  };

export type HttpInput = {
  port: number;
  /** Counts since the start, for the health report. */
  report(): Tally & { keys: number; connections: number };
  close(): Promise<void>;
};

const BOUNDS = {
  /** For a request's headers, and for all of it: a client that dawdles is cut off. */
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 30_000,
  checkMs: 1_000,
  /** Senders that keep their connection come back within half a minute at the earliest: it is not worth waiting. */
  keepAliveMs: 5_000,
  maxConnections: 1_000,
  /** All bodies that are being received. */
  maxHeldBytes: 64 * 1_048_576,
  wrongKeysPerMinute: 60,
};

const MAX_ADDRESSES = 10_000;
/** Room for data in a query. */
const MAX_HEADER_BYTES = 16_384;
const SWEEP_MS = 300_000;
const LOGGED_FIRST = 5;
const LOGGED_EVERY = 1_000;

/**
 * Serves the Emoncms input API. Other origins than the senders themselves get no leave to call it.
 *
 * @throws CommonwattError when it cannot listen there.
 */
export async function startHttpInput(options: HttpInputOptions): Promise<HttpInput> {
  const bounds = { ...BOUNDS, ...options.bounds };
  const server = createServer({
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: bounds.headersTimeoutMs,
    requestTimeout: bounds.requestTimeoutMs,
    connectionsCheckingInterval: bounds.checkMs,
    keepAliveTimeout: bounds.keepAliveMs,
  });
  const connections = limitConnections(server, bounds.maxConnections);
  const monotonicMs = () => performance.now();
  const tally = createTally();
  const parts: InputApiParts = {
    ...options,
    tally,
    notStored: limitComplaints(({ message }) => {
      options.log.warn({ event: "http-not-stored", reason: message }, `HTTP input could not be stored: ${message}`);
    }, monotonicMs),
    bodies: createBodyReader(options.maxBodyBytes, bounds.maxHeldBytes),
    requests: createRateLimit(options.requestsPerMinute, options.keys.size + 1, monotonicMs),
    wrongKeys: createRateLimit(bounds.wrongKeysPerMinute, MAX_ADDRESSES, monotonicMs),
  };
  server.on("request", (request, response) => {
    void respond(request, response, parts, connections);
  });
  const sweep = () => {
    options.replays.sweep(options.clock.nowMs()).catch((error: unknown) => {
      options.log.warn(
        { event: "http-sweep-failed" },
        `Old encrypted messages could not be forgotten: ${String(error)}`,
      );
    });
  };
  server.listen(options.port, options.host);
  try {
    await once(server, "listening");
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CommonwattError(`The HTTP input cannot listen on ${options.host}:${options.port}: ${reason}`);
  }
  const sweeping = setInterval(sweep, SWEEP_MS).unref();
  sweep();
  return {
    port: (server.address() as AddressInfo).port,
    report: () => ({
      ...tally,
      refused: { ...tally.refused },
      keys: options.keys.size,
      connections: connections.count(),
    }),
    async close() {
      clearInterval(sweeping);
      await closeServer(server);
    },
  };
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  parts: InputApiParts,
  connections: Connections,
): Promise<void> {
  parts.tally.requests++;
  request.once("end", () => {
    const held = connections.answering(request.socket);
    response.once("close", () => {
      held[Symbol.dispose]();
    });
  });
  if (request.method === "GET") request.resume();
  let reply: Reply;
  try {
    reply = await answer(request, parts);
  } catch (error) {
    parts.log.error(
      { event: "http-failed", error: String(error) },
      `The HTTP input failed to answer: ${String(error)}`,
    );
    reply = plain(500, "The server failed");
  }
  if (response.destroyed) {
    parts.tally.cutOff++;
    return;
  }
  note(request, reply, parts);
  response.writeHead(reply.status, {
    "content-type": reply.contentType,
    "content-length": Buffer.byteLength(reply.body),
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    // What was not read of a request must not be taken for the next one.
    ...(request.complete ? {} : { connection: "close" }),
    ...reply.headers,
  });
  response.end(reply.body);
}

/** Counts, and logs the first of each kind. The query may hold a key: it is never logged. */
function note(request: IncomingMessage, { status, body }: Reply, { tally, log }: InputApiParts): void {
  if (status === 200 && !body.startsWith('{"success": false')) {
    tally.taken++;
    return;
  }
  const seen = (tally.refused[status] ?? 0) + 1;
  tally.refused[status] = seen;
  if (seen > LOGGED_FIRST && seen % LOGGED_EVERY !== 0) return;
  const path = (request.url ?? "").split("?", 1)[0]?.slice(0, 100);
  const address = request.socket.remoteAddress;
  log.warn(
    { event: "http-refused", status, path, address, seen },
    `HTTP input refused with ${status}: ${body.slice(0, 200)}`,
  );
}
