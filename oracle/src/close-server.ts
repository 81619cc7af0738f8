import { once } from "node:events";
import type { Server } from "node:http";

const LAST_REQUESTS_MS = 2_000;

/** Closes an HTTP server: no new connections, the idle ones at once, and requests under way after two seconds at most. */
export async function closeServer(server: Server): Promise<void> {
  const closed = once(server, "close");
  server.close();
  server.closeIdleConnections();
  const timer = setTimeout(() => {
    server.closeAllConnections();
  }, LAST_REQUESTS_MS);
  await closed;
  clearTimeout(timer);
}
