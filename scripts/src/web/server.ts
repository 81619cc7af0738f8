import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from "node:http";

import { serveStatic } from "./static-files.ts";

const HOST = "127.0.0.1";
const PROXY_TIMEOUT_MS = 60_000;

/** What the dApp needs, all from one origin. */
export type Site = {
  /** Folder of the built dApp. */
  readonly folder: string;
  /** Contents of `/deployment.json`. */
  readonly deployment: string;
  /** JSON-RPC of the local chain, served as `/rpc`. */
  readonly rpcUrl: string;
  /** Origin of the offer board, whose `/api/...` is served as it is. */
  readonly boardUrl: string;
};

/** Passes a request on and its answer back. */
function proxy(incoming: IncomingMessage, response: ServerResponse, target: URL): void {
  const { "content-type": type = "application/json", accept = "*/*" } = incoming.headers;
  const outgoing = request(
    target,
    { method: incoming.method, headers: { "content-type": type, accept }, timeout: PROXY_TIMEOUT_MS },
    (answer) => {
      response.writeHead(answer.statusCode ?? 502, {
        "content-type": answer.headers["content-type"] ?? "application/json",
      });
      answer.pipe(response);
    },
  );
  outgoing.once("timeout", () => outgoing.destroy(new Error("no answer in time")));
  outgoing.once("error", (error) => {
    if (response.headersSent) response.destroy();
    else response.writeHead(502, { "content-type": "application/json" }).end(JSON.stringify({ error: error.message }));
  });
  response.once("close", () => outgoing.destroy());
  incoming.pipe(outgoing);
}

/** Only a browser on this machine that asked for this machine by name: no other site can reach the chain through it. */
function isLocal(hostHeader: string | undefined): boolean {
  return /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/u.test(hostHeader ?? "");
}

function answer(site: Site, incoming: IncomingMessage, response: ServerResponse): void {
  const url = new URL(incoming.url ?? "/", `http://${HOST}`);
  if (!isLocal(incoming.headers.host)) response.writeHead(403).end();
  else if (url.pathname === "/rpc") proxy(incoming, response, new URL(site.rpcUrl));
  else if (url.pathname.startsWith("/api/")) {
    proxy(incoming, response, new URL(url.pathname + url.search, site.boardUrl));
  } else if (incoming.method !== "GET" && incoming.method !== "HEAD") response.writeHead(405).end();
  else if (url.pathname === "/deployment.json") {
    response.writeHead(200, { "content-type": "application/json", "cache-control": "no-store" }).end(site.deployment);
  } else void serveStatic(site.folder, url.pathname, response);
}

/** Serves the built dApp on loopback, with chain and offer board behind the same origin. */
export async function serveSite(site: Site, port: number): Promise<Server> {
  const server = createServer((incoming, response) => {
    answer(site, incoming, response);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, HOST, () => {
      server.off("error", reject);
      resolve();
    });
  });
  return server;
}

/** Closes the server and every open connection. */
export async function closeSite(server: Server): Promise<void> {
  await new Promise<void>((resolve) => {
    server.close(() => {
      resolve();
    });
    server.closeAllConnections();
  });
}
