import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo, isIP } from "node:net";

import type { Logger } from "pino";

import { closeServer } from "../close-server.ts";

export type AdminAnswer = { status: number; contentType: string; body: string };
/** By path; each is asked with GET. */
export type AdminRoutes = Readonly<Record<string, () => Promise<AdminAnswer>>>;
export type AdminServer = { port: number; close(): Promise<void> };

const MAX_CONNECTIONS = 50;
const REQUEST_TIMEOUT_MS = 15_000;

/**
 * Serves what supervises the oracle: GET only, no secret, no CORS. On loopback it answers only who asks for it by a loopback
 * name: a web page that has its own name point here learns nothing.
 *
 * @throws Error of the system when it cannot listen there.
 */
export async function startAdminServer(
  { host, port }: { host: string; port: number },
  routes: AdminRoutes,
  log: Logger,
): Promise<AdminServer> {
  const server = createServer((request, response) => {
    void respond(request, response, { host, routes, log });
  });
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  server.maxConnections = MAX_CONNECTIONS;
  server.listen(port, host);
  await once(server, "listening");
  return { port: (server.address() as AddressInfo).port, close: () => closeServer(server) };
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  { host, routes, log }: { host: string; routes: AdminRoutes; log: Logger },
): Promise<void> {
  const answer = await route(request, host, routes).catch((error: unknown) => {
    log.error({ event: "admin-failed", error: String(error) }, `Supervision failed to answer: ${String(error)}`);
    return text(500, "it failed, see the log");
  });
  response.writeHead(answer.status, {
    "content-type": answer.contentType,
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
  });
  response.end(answer.body);
}

async function route(request: IncomingMessage, host: string, routes: AdminRoutes): Promise<AdminAnswer> {
  const { pathname } = new URL(request.url?.startsWith("/") === true ? request.url : "/", "http://admin");
  if (isLoopback(host) && !isLoopback(nameOf(request.headers.host))) {
    return text(403, "asked under a name that is not this machine's, expected 127.0.0.1 or localhost");
  }
  const answer = Object.hasOwn(routes, pathname) ? routes[pathname] : undefined;
  if (answer === undefined) return text(404, `there is nothing here, expected ${Object.keys(routes).join(", ")}`);
  if (request.method !== "GET") return text(405, "expected GET");
  return answer();
}

export function json(status: number, body: object): AdminAnswer {
  return { status, contentType: "application/json", body: `${JSON.stringify(body)}\n` };
}

function text(status: number, body: string): AdminAnswer {
  return { status, contentType: "text/plain; charset=utf-8", body: `${body}\n` };
}

function nameOf(host: string | undefined): string {
  return URL.parse(`http://${host ?? ""}`)?.hostname.replace(/^\[|\]$/gu, "") ?? "";
}

function isLoopback(name: string): boolean {
  if (name === "localhost" || name === "::1") return true;
  return isIP(name) === 4 && name.startsWith("127.");
}
