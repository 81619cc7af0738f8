import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** Passes connections on to a port of this machine, until it is told to let nothing through. */
export type TcpProxy = Awaited<ReturnType<typeof startTcpProxy>>;

export async function startTcpProxy(targetPort: number) {
  const sockets = new Set<Socket>();
  let isHeld = false;

  /** What one side sends reaches the other, but not while nothing gets through; the connection itself stays. */
  function pass(from: Socket, to: Socket): void {
    sockets.add(from);
    from.on("data", (chunk) => void to.write(chunk));
    from.on("error", () => undefined);
    from.on("close", () => {
      sockets.delete(from);
      // In a partition the other side learns nothing of the end either.
      if (!isHeld) to.destroy();
    });
    if (isHeld) from.pause();
  }

  const server = createServer((incoming) => {
    const outgoing = connect(targetPort, "127.0.0.1");
    pass(incoming, outgoing);
    pass(outgoing, incoming);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    /** From now on neither side hears anything of the other. */
    hold(): void {
      isHeld = true;
      for (const socket of sockets) socket.pause();
    },
    release(): void {
      isHeld = false;
      for (const socket of sockets) socket.resume();
    },
    async close(): Promise<void> {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
