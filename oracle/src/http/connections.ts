import type { Server } from "node:http";
import type { Socket } from "node:net";

/** Connections of a server, so that one client cannot hold them all. */
export type Connections = {
  count(): number;
  /** While its request is being answered, a connection is not closed for another. */
  answering(socket: Socket): Disposable;
};

/**
 * Keeps at most `max` connections open. When one more comes, the one that has waited longest without a complete request
 * gives way: a client that only opens connections, or sends a byte now and then, loses its own first.
 */
export function limitConnections(server: Server, max: number): Connections {
  const waiting = new Set<Socket>();
  const answering = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    waiting.add(socket);
    socket.once("close", () => {
      waiting.delete(socket);
      answering.delete(socket);
    });
    if (waiting.size + answering.size <= max) return;
    const oldest = waiting.values().next();
    if (oldest.done !== true) oldest.value.destroy();
  });
  return {
    count: () => waiting.size + answering.size,
    answering(socket) {
      if (waiting.delete(socket)) answering.add(socket);
      return {
        [Symbol.dispose]() {
          if (answering.delete(socket)) waiting.add(socket);
        },
      };
    },
  };
}
