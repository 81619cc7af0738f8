import type { Config } from "./config/schema.ts";

/** Runs the oracle until it is told to stop. */
export function run(config: Config): Promise<void> {
  return Promise.reject(new Error(`not running with ${config.dataDir}`));
}
