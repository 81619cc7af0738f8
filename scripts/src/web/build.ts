import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";

import { ROOT } from "../run/folder.ts";

const run = promisify(execFile);
const TIMEOUT_MS = 180_000;

/**
 * Builds the dApp with the demo wallet, which only a local chain may have.
 *
 * @param folder - Gets the built files.
 * @throws Error with the end of Vite's output.
 */
export async function buildSite(folder: string, signal: AbortSignal): Promise<void> {
  const vite = join(ROOT, "node_modules/vite/bin/vite.js");
  const args = [vite, "build", "--outDir", folder, "--emptyOutDir", "--logLevel", "warn"];
  await run(process.execPath, args, {
    cwd: join(ROOT, "frontend"),
    env: { ...process.env, VITE_DEMO: "1", NODE_ENV: "production" },
    timeout: TIMEOUT_MS,
    maxBuffer: 2 ** 24,
    signal,
  });
}
