import { createServer } from "node:net";

const HOST = "127.0.0.1";

/** Whether a loopback port can be listened on now. */
async function isFree(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE" || error.code === "EACCES") resolve(false);
      else reject(error);
    });
    server.listen(port, HOST, () => {
      server.close(() => {
        resolve(true);
      });
    });
  });
}

/** The first free loopback port from `preferred` on, within the next 100. */
export async function portFrom(preferred: number): Promise<number> {
  for (let port = preferred; port < Math.min(preferred + 100, 65_536); port++) {
    if (await isFree(port)) return port;
  }
  throw new Error(`None of the ports from ${preferred} on is free.`);
}
