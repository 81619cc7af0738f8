import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

import { toHex } from "viem";

import { governorAccount } from "../run/accounts.ts";
import { ORACLE } from "../run/oracle-tools.ts";
import type { YearScene } from "./scene.ts";

const run = promisify(execFile);
const TIMEOUT_MS = 600_000;

/**
 * Gives a meter another key, as an operator does: the verb makes it, proves it and registers it while the oracle runs. A
 * sharing meter's takes over the day after.
 *
 * @returns What the verb says.
 */
export async function rotateKey({ folder, files }: YearScene, meter: number): Promise<string> {
  if (!existsSync(join(files.keystore, "operator.json"))) await bringOperatorsKey(folder, files.config);
  return verb("keys", "rotate", "--config", files.config, "--meter", String(meter));
}

async function bringOperatorsKey(folder: string, config: string): Promise<void> {
  const { privateKey } = governorAccount().getHdKey();
  if (privateKey === null) throw new Error("The governor's account has no key.");
  const file = join(folder, "operator-key");
  await writeFile(file, toHex(privateKey), { mode: 0o600 });
  await verb("keys", "import", "--config", config, "--role", "operator", "--private-key", file);
  await rm(file);
}

async function verb(...args: string[]): Promise<string> {
  const { stdout } = await run(process.execPath, [ORACLE, ...args], { timeout: TIMEOUT_MS, maxBuffer: 2 ** 24 });
  return stdout.trim();
}
