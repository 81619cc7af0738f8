/** `npm run build`: compiles the contracts with the compiler from npm and generates the typed ABIs from the result, then bundles the gateway's process. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";

const root = join(import.meta.dirname, "../..");

function run(script: string, ...args: string[]): void {
  const { status, error } = spawnSync(process.execPath, [join(root, script), ...args], {
    cwd: root,
    stdio: "inherit",
    // Hardhat asks for consent to telemetry on its first run in a terminal; a build asks nothing.
    env: { ...process.env, HARDHAT_DISABLE_TELEMETRY_PROMPT: "true" },
  });
  if (error !== undefined) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

run("node_modules/hardhat/dist/src/cli.js", "build", "--no-tests");
run("scripts/src/generate-abis.ts");
run("scripts/src/bundle-edge.ts");
