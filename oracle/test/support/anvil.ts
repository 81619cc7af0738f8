import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { setTimeout as sleep } from "node:timers/promises";
import { gunzipSync } from "node:zlib";

import { freePort } from "./free-port.ts";

/** How long a start may take, on a machine that has other things to do. */
const START_MS = 120_000;

/** An Anvil node on loopback that mines only when it is told to, and can be killed and started again from what it saved. */
export type Anvil = Awaited<ReturnType<typeof startAnvil>>;

/** The program itself: killing the script that npm puts before it would leave it running. */
function anvilProgram(): string {
  const tool = createRequire(createRequire(import.meta.url).resolve("@foundry-rs/anvil/package.json"));
  const architecture = process.arch === "x64" ? "amd64" : process.arch;
  return tool.resolve(`@foundry-rs/anvil-${process.platform}-${architecture}/bin/anvil`);
}

/**
 * Starts the node.
 *
 * @param genesisSeconds - Timestamp of the first block, unix seconds.
 * @param stateFile - Where its state is saved to, and started again from.
 */
export async function startAnvil(genesisSeconds: number, stateFile: string) {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  let node: ChildProcess | undefined;

  async function rpc(method: string, ...params: unknown[]): Promise<unknown> {
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
    const headers = { "content-type": "application/json" };
    const answer = await fetch(url, { method: "POST", headers, body, signal: AbortSignal.timeout(60_000) });
    const { result, error } = (await answer.json()) as { result?: unknown; error?: unknown };
    if (error !== undefined) throw new Error(`${method} failed: ${JSON.stringify(error)}`);
    return result;
  }

  async function start(): Promise<void> {
    const saved = existsSync(stateFile) ? ["--load-state", stateFile] : [];
    const args = ["--host", "127.0.0.1", "--port", String(port), "--accounts", "2", "--no-mining", "--silent"];
    // The timestamp is needed with a saved state too: without, no block could be older than the machine's clock.
    args.push("--timestamp", String(genesisSeconds), ...saved);
    const child = spawn(anvilProgram(), args, { stdio: "ignore" });
    node = child;
    const deadline = performance.now() + START_MS;
    while (!(await rpc("eth_chainId").catch(() => false))) {
      if (child.exitCode !== null || child.signalCode !== null) throw new Error(`Anvil ended with ${child.exitCode}`);
      if (performance.now() > deadline) throw new Error(`Anvil does not answer after ${START_MS / 1000} s`);
      await sleep(20);
    }
  }

  async function kill(): Promise<void> {
    const child = node;
    node = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill("SIGKILL");
    await exited;
  }

  await start();
  return {
    url,
    rpc,
    /** Mines a block at a moment, unix seconds. */
    async mineAt(seconds: number): Promise<void> {
      await rpc("evm_setNextBlockTimestamp", seconds);
      await rpc("evm_mine");
    },
    /** Timestamp of the latest block, unix seconds. */
    async headSeconds(): Promise<number> {
      return Number(((await rpc("eth_getBlockByNumber", "latest", false)) as { timestamp: string }).timestamp);
    },
    /** Saves the chain as it is: a node that is started again has this and nothing later. */
    async save(): Promise<void> {
      const state = (await rpc("anvil_dumpState")) as string;
      writeFileSync(`${stateFile}.new`, gunzipSync(Buffer.from(state.slice(2), "hex")));
      renameSync(`${stateFile}.new`, stateFile);
    },
    kill,
    start,
    killNow: () => node?.kill("SIGKILL"),
  };
}
