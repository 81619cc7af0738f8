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
  "--expose-gc",
] as const;

/**
 * One arena for all threads, of which there is one. Larger blocks, such as those a key is opened with, go back to the system
 * as soon as they are free: the C library else learns from the first of them to keep the next.
 */
export const GATEWAY_ENVIRONMENT = {
  MALLOC_ARENA_MAX: "1",
  MALLOC_MMAP_THRESHOLD_: "65536",
  MALLOC_TRIM_THRESHOLD_: "65536",
  UV_THREADPOOL_SIZE: "1",
} as const;

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
  const environment = { ...process.env, ...GATEWAY_ENVIRONMENT };
  process.execve?.(process.execPath, [process.execPath, ...GATEWAY_FLAGS, BUNDLE, checked], environment);
  throw new CommonwattError(
    "This system cannot replace a process by another (execve): the gateway runs on Linux and macOS",
  );
}
