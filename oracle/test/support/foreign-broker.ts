import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";

import { Aedes, type AedesOptions } from "aedes";

export type ForeignBroker = {
  port: number;
  /** Messages whose receiver has acknowledged them. */
  acknowledged: () => number;
  stop(): Promise<void>;
};

/** A broker that is not ours, on loopback: retains, keeps sessions, lets anyone read, unless told otherwise. */
export async function startForeignBroker(options: AedesOptions = {}, port = 0): Promise<ForeignBroker> {
  const aedes = await Aedes.createBroker(options);
  let acknowledged = 0;
  aedes.on("ack", () => acknowledged++);
  const server = createServer((socket) => {
    aedes.handle(socket);
  }).listen(port, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    acknowledged: () => acknowledged,
    async stop() {
      if (!server.listening) return;
      const closed = new Promise((resolve) => server.close(resolve));
      await new Promise<void>((resolve) => {
        aedes.close(resolve);
      });
      await closed;
    },
  };
}
