import { createServer } from "node:net";

const HOST = "127.0.0.1";

/** Listens on a loopback port for a moment; 0 asks the system for any. Resolves the port, or undefined if it is taken. */
async function tryPort(port: number): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE" || error.code === "EACCES") resolve(undefined);
      else reject(error);
    });
    server.listen(port, HOST, () => {
      const address = server.address();
      server.close(() => {
        if (address === null || typeof address === "string") reject(new Error("The system gave no port."));
        else resolve(address.port);
      });
    });
  });
}

/** As many free loopback ports, all different. */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  for (let attempt = 0; ports.size < count && attempt < count * 20; attempt++) {
    const port = await tryPort(0);
    if (port !== undefined) ports.add(port);
  }
  if (ports.size < count) throw new Error("No free loopback ports.");
  return [...ports];
}

/** The first free loopback port from `preferred` on, within the next 100. */
export async function portFrom(preferred: number): Promise<number> {
  for (let port = preferred; port < Math.min(preferred + 100, 65_536); port++) {
    if ((await tryPort(port)) !== undefined) return port;
  }
  throw new Error(`None of the ports from ${preferred} on is free.`);
}
