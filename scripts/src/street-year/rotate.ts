import { execFile } from "node:child_process";
import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

import { neighbourhoodAbi } from "@commonwatt/sdk/generated/abis";
import { CUSTODIES, enumIndex, KEY_TYPES } from "@commonwatt/sdk/meters";
import { z } from "zod";

import { governorAccount } from "../run/accounts.ts";
import { ORACLE } from "../run/oracle-tools.ts";
import { send } from "../run/send.ts";
import type { Acts } from "./acts.ts";
import { changeConfig, deploymentOf, type YearScene } from "./scene.ts";

const run = promisify(execFile);
const TIMEOUT_MS = 300_000;

const bytes = z.templateLiteral(["0x", z.string().regex(/^[0-9a-fA-F]+$/u)]);
const proof = z.object({ device: bytes, signature: bytes });

/**
 * Gives a meter another key: made in a folder of its own, brought into the oracle's keystore as the meter's next one, and
 * registered by the operator. A sharing meter's takes over the day after.
 */
export async function rotateKey(scene: YearScene, acts: Acts, meter: number): Promise<string> {
  const { folder, files, chain } = scene;
  const config = join(folder, `oracle-next-${meter}.json`);
  const keystore = join(folder, `keystore-next-${meter}`);
  await copyFile(files.config, config);
  const away = { ...files, config };
  // Another data folder too: the oracle's own is in use.
  await changeConfig(away, (settings) => ({
    ...settings,
    keystoreDir: keystore,
    dataDir: join(folder, `oracle-next-${meter}`),
  }));
  await verb("keys", "create", "--config", config, "--meters", String(meter));
  const { importRegister, exportRegister } = await acts.meterState(meter);
  const registers = ["--import-register", String(importRegister), "--export-register", String(exportRegister)];
  const { device, signature } = proof.parse(
    JSON.parse(await verb("possession", "--config", config, "--meter", String(meter), ...registers)),
  );
  await copyFile(join(keystore, `meter-${meter}.json`), join(files.keystore, `meter-${meter}.next.json`));
  const registration = {
    device,
    meter,
    importRegister,
    exportRegister,
    keyType: enumIndex(KEY_TYPES, "secp256k1"),
    custody: enumIndex(CUSTODIES, "operator"),
    possession: signature,
  };
  await send({ client: chain.client, wallet: chain.wallet(governorAccount()) }, `Rotating the key of meter ${meter}`, {
    address: deploymentOf(scene).neighbourhood,
    abi: neighbourhoodAbi,
    functionName: "rotateDevice",
    args: [registration],
  });
  return `Meter ${meter} gets another key, which signs from tomorrow on.`;
}

async function verb(...args: string[]): Promise<string> {
  return (await run(process.execPath, [ORACLE, ...args], { timeout: TIMEOUT_MS, maxBuffer: 2 ** 24 })).stdout;
}
