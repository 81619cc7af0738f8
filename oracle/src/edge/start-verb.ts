import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";

import { configOption, defineVerb } from "../cli/verb.ts";
import { type GatewayConfig, loadGatewayConfig } from "./gateway-config.ts";

/** The gateway's whole program in one file, as `npm run build` makes it. */
export const BUNDLE = fileURLToPath(new URL("../../dist/edge.mjs", import.meta.url));

/**
 * What keeps the process small: a heap sized for a few meters, and no optimising compilers, whose code takes more room than
 * the little that a gateway computes is worth.
 */
export const GATEWAY_FLAGS = [
  "--max-semi-space-size=1",
  "--max-old-space-size=16",
  "--optimize-for-size",
  "--no-opt",
  "--no-maglev",
  "--no-sparkplug",
  "--single-threaded",
] as const;

export const edgeVerb = defineVerb({
  usage: "--config FILE",
  options: { config: { ...configOption, default: "edge.json", about: "the gateway's configuration" } },
  details:
    "The signer alone, for a small computer beside the meter: it reads the meters, closes and signs their days, and shows " +
    "them to a relay (an oracle elsewhere), which can neither make nor change one. Runs until SIGTERM or SIGINT.",
  run({ config: file }) {
    startGateway(loadGatewayConfig(file));
  },
});

/** Becomes the gateway's process: what was loaded to check the config is gone from memory with it. */
function startGateway(config: GatewayConfig): void {
  if (!existsSync(BUNDLE)) {
    throw new CommonwattError(`The gateway's program ${BUNDLE} is missing: make it with "npm run build:edge"`);
  }
  mkdirSync(config.dataDir, { recursive: true, mode: 0o700 });
  const checked = join(config.dataDir, "edge-checked.json");
  writeFileSync(checked, `${JSON.stringify(config)}\n`, { mode: 0o600 });
  // Threads that allocate each have an arena of their own, unless told otherwise.
  const environment = { ...process.env, MALLOC_ARENA_MAX: "1", UV_THREADPOOL_SIZE: "2" };
  process.execve?.(process.execPath, [process.execPath, ...GATEWAY_FLAGS, BUNDLE, checked], environment);
  throw new CommonwattError(
    "This system cannot replace a process by another (execve): the gateway runs on Linux and macOS",
  );
}
