import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";

import type { MeterNumber } from "@commonwatt/sdk/ids";
import type { Address, Hex } from "viem";
import { z } from "zod";

import { ROOT } from "./folder.ts";
import type { OracleFiles } from "./oracle-config.ts";

const run = promisify(execFile);

/** The oracle's command line, see its `bin` folder. */
export const ORACLE = join(ROOT, "oracle/bin/commonwatt-oracle.js");
const SIGNER = join(ROOT, "oracle/src/signer/main.ts");
const TIMEOUT_MS = 120_000;

const address = z.templateLiteral(["0x", z.string().regex(/^[0-9a-fA-F]{40}$/u)]);
const hex = z.templateLiteral(["0x", z.string().regex(/^[0-9a-fA-F]*$/u)]);
const keysAnswer = z.object({
  devices: z.array(z.object({ meter: z.int(), device: address })),
  submitter: address,
});
const possessionAnswer = z.object({
  id: z.int(),
  result: z.object({ device: address, signature: hex }),
});

/** Makes the device keys of the meters and the key of the account that pays; resolves the latter's address. */
export async function createOracleKeys(files: OracleFiles, meters: readonly MeterNumber[]): Promise<Address> {
  const args = [ORACLE, "keys", "create", "--config", files.config, "--meters", meters.join(","), "--submitter"];
  const { stdout } = await run(process.execPath, args, { timeout: TIMEOUT_MS, maxBuffer: 2 ** 24 });
  return keysAnswer.parse(JSON.parse(stdout)).submitter;
}

/**
 * Lets the oracle's signer prove for every meter that it holds the device's key, for opening registers of 0. One signer
 * process answers for all, in lines of JSON.
 */
export async function provePossessions(
  files: OracleFiles,
  deploymentFile: string,
  memoryFile: string,
  meters: readonly MeterNumber[],
): Promise<{ device: Address; signature: Hex }[]> {
  const options = { keystore: files.keystore, "passphrase-file": files.passphrase, deployment: deploymentFile };
  const flags = Object.entries({ ...options, memory: memoryFile }).flatMap(([name, value]) => [`--${name}`, value]);
  const running = run(process.execPath, [SIGNER, ...flags], { timeout: TIMEOUT_MS, maxBuffer: 2 ** 24 });
  const requests = meters.map((meter, index) =>
    JSON.stringify({ id: index + 1, method: "provePossession", meter, importRegister: "0", exportRegister: "0" }),
  );
  running.child.stdin?.end(`${requests.join("\n")}\n`);
  const { stdout } = await running;
  const answers = new Map<number, { device: Address; signature: Hex }>();
  for (const line of stdout.split("\n").filter((text) => text !== "")) {
    const { id, result } = possessionAnswer.parse(JSON.parse(line));
    answers.set(id, result);
  }
  return meters.map((meter, index) => {
    const answer = answers.get(index + 1);
    if (answer === undefined) throw new Error(`The signer did not prove possession of the key of meter ${meter}.`);
    return answer;
  });
}
