import { readFileSync } from "node:fs";

import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";

import { runGateway } from "./gateway.ts";
import type { GatewayConfig } from "./gateway-config.ts";
import { createSmallLog } from "./small-log.ts";
import { tidyMemory } from "./tidy-memory.ts";

// What `edge` becomes once it has checked the config: one bundled file, started with a small memory. The config comes
// checked and complete from there; this process has no library to check it with.
const [file = ""] = process.argv.slice(2);
const stop = new Promise<string>((resolve) => {
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.on(signal, () => {
      resolve(signal);
    });
  }
});
tidyMemory();
try {
  const config = JSON.parse(readFileSync(file, "utf8")) as GatewayConfig;
  await runGateway({ config, log: createSmallLog(config.logLevel), stop });
  // What a broker still owes an answer to must not hold the process.
  process.exit(0);
} catch (error) {
  const shown = error instanceof CommonwattError ? error.message : error instanceof Error ? error.stack : String(error);
  process.stderr.write(`${shown}\n`);
  process.exit(1);
}
