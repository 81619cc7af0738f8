/**
 * The local chain as a process of its own: an EDR node of Hardhat behind JSON-RPC on loopback, with the same settings as
 * the contracts' tests, started at the date of the first simulated day.
 *
 * Arguments: unix seconds of the first block, number of funded accounts, port. The system chooses the port for 0; it is
 * printed.
 */
import hre from "hardhat";

import { DEV_MNEMONIC } from "./accounts.ts";

const [startSeconds, accounts, port = 0] = process.argv.slice(2).map(Number);
if (startSeconds === undefined || accounts === undefined) {
  throw new Error("Expected the arguments: unix seconds of the first block, number of accounts.");
}

const server = await hre.network.createServer(
  {
    network: "demo",
    override: {
      initialDate: new Date(startSeconds * 1000).toISOString(),
      accounts: { mnemonic: DEV_MNEMONIC, count: accounts },
    },
  },
  "127.0.0.1",
  port,
);

let closing = false;
for (const signal of ["SIGTERM", "SIGINT"] as const) {
  process.on(signal, () => {
    if (closing) return;
    closing = true;
    void server.close().finally(() => {
      process.exit(0);
    });
  });
}

const listening = await server.listen();
console.log(`The local chain listens at http://${listening.address}:${listening.port}.`);
