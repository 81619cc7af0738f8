import type { ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { encryptKeystoreJsonSync } from "ethers";
import { generatePrivateKey, privateKeyToAddress } from "viem/accounts";

import { startAnvil } from "../test/support/anvil.ts";
import { freePort } from "../test/support/free-port.ts";
import { createOperator, deployStreet } from "../test/support/street-on-chain.ts";
import { endNow, firstLine, startNode } from "./children.ts";

/** An oracle for benchmarks: a real process on a real chain, whose clock stands still late on one day. */
export type BenchOracle = Awaited<ReturnType<typeof createBenchOracle>>;

const DAY_SECONDS = 86_400;
/** The day of all messages. Its end is far: closing days is no part of what is measured here. */
export const BENCH_DAY_START = 20_000 * DAY_SECONDS;
const NOW = BENCH_DAY_START + DAY_SECONDS - 600;
const PASSPHRASE = "benchmark";
/** As cheap as the format allows: the keys protect nothing, and there can be ten thousand. */
const SCRYPT = { N: 2, r: 1, p: 1 };

/** @param databaseUrl - Of an empty PostgreSQL database; without it the oracle keeps SQLite's file. */
export async function createBenchOracle(meters: number, databaseUrl?: string) {
  const folder = mkdtempSync(join(tmpdir(), "commonwatt-bench-"));
  const chain = await startAnvil(NOW, join(folder, "chain-state.json"));
  await chain.rpc("evm_setAutomine", true);
  const deployment = await deployStreet(createOperator(chain.url, "anvil"));
  await chain.rpc("evm_setAutomine", false);

  const keystore = join(folder, "keystore");
  mkdirSync(keystore, { mode: 0o700 });
  const owners = ["submitter", ...Array.from({ length: meters }, (_, index) => `meter-${index + 1}`)];
  for (const owner of owners) {
    const privateKey = generatePrivateKey();
    const json = encryptKeystoreJsonSync({ address: privateKeyToAddress(privateKey), privateKey }, PASSPHRASE, {
      scrypt: SCRYPT,
    });
    writeFileSync(join(keystore, `${owner}.json`), json, { mode: 0o600 });
  }
  const [mqttPort, boardPort] = [await freePort(), await freePort()];
  if (databaseUrl !== undefined) writeFileSync(join(folder, "database-url"), `${databaseUrl}\n`, { mode: 0o600 });
  writeFileSync(join(folder, "passphrase"), `${PASSPHRASE}\n`, { mode: 0o600 });
  writeFileSync(join(folder, "deployment.json"), JSON.stringify(deployment));
  const configFile = join(folder, "config.json");
  writeFileSync(
    configFile,
    JSON.stringify({
      broker: { kind: "embedded", port: mqttPort },
      ...(databaseUrl === undefined ? {} : { database: { kind: "postgres", urlFile: "database-url" } }),
      dataDir: "data",
      keystoreDir: "keystore",
      passphraseFile: "passphrase",
      deploymentFile: "deployment.json",
      rpcUrls: [chain.url],
      clock: "chain",
      board: { port: boardPort },
      meters: Array.from({ length: meters }, (_, index) => ({
        meter: index + 1,
        node: `home-${index + 1}`,
        fuseWatts: 17_250,
        inputs: [{ input: "E1", meaning: "netWh" }],
      })),
    }),
  );

  let process_: ChildProcess | undefined;
  const inbox = async () => {
    const health = (await (await fetch(`http://127.0.0.1:${boardPort}/api/health`)).json()) as {
      inbox: { waiting: number; depth: number };
    };
    return health.inbox.waiting + health.inbox.depth;
  };
  return {
    url: `mqtt://127.0.0.1:${mqttPort}`,
    pid: () => process_?.pid ?? 0,
    /** Starts it; resolves when it is ready, with the seconds that took. */
    async start(): Promise<number> {
      const began = performance.now();
      process_ = startNode("../bin/commonwatt-oracle.js", ["run", "--config", configFile]);
      await firstLine(process_, (line) => line.includes('"event":"ready"'));
      return (performance.now() - began) / 1000;
    },
    /** Resolves when everything that arrived is worked through, with the seconds that took. */
    async workedThrough(): Promise<number> {
      const began = performance.now();
      while ((await inbox()) > 0) await sleep(20);
      return (performance.now() - began) / 1000;
    },
    inbox,
    async kill(): Promise<void> {
      if (process_ !== undefined) await endNow(process_);
    },
    async close(): Promise<void> {
      if (process_ !== undefined) await endNow(process_);
      await chain.kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
