import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, rmSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import type { Deployment } from "@commonwatt/sdk/deployment";
import { dayStart, type Day } from "@commonwatt/sdk/time";
import { connectAsync } from "mqtt";

import type { GatewayRegistration } from "../../src/edge/pair.ts";
import type { GatewayStatus } from "../../src/edge/status.ts";
import type { LogLine } from "./oracle-process.ts";

const BINARY = fileURLToPath(new URL("../../bin/commonwatt-oracle.js", import.meta.url));
const BUNDLER = fileURLToPath(new URL("../../../scripts/src/bundle-edge.ts", import.meta.url));
const runFile = promisify(execFile);

/** Makes the gateway's program from the sources as they are. */
export async function bundleGateway(): Promise<void> {
  await runFile(process.execPath, [BUNDLER]);
}

/** A gateway's folder: config, keys, data. */
export type GatewayFolder = ReturnType<typeof createGatewayFolder>;

export type GatewayOptions = {
  deployment: Pick<Deployment, "chainId" | "neighbourhood">;
  meters: readonly number[];
  /** Port of the broker that the meters publish to. */
  metersPort: number;
  relay: { url: string } & Record<string, string>;
  more?: object;
};

export function createGatewayFolder({ deployment, meters, metersPort, relay, more = {} }: GatewayOptions) {
  const folder = mkdtempSync(join(tmpdir(), "gateway-"));
  const configFile = join(folder, "edge.json");
  const clientId = `gw-${folder.slice(-6)}`;
  const config = {
    neighbourhood: { chainId: deployment.chainId, address: deployment.neighbourhood },
    relay: { clientId, ...relay },
    broker: { url: `mqtt://127.0.0.1:${metersPort}`, clientId: `${clientId}-m` },
    meters: meters.map((meter) => ({
      meter,
      node: `home-${meter}`,
      fuseWatts: 17_250,
      inputs: [{ input: "E1", meaning: "netWh" }],
    })),
    dataDir: "data",
    keystoreDir: "keystore",
    passphraseFile: "passphrase",
    timing: { pollMilliseconds: 50 },
    receipts: { askSeconds: 1, alarmHours: 1 },
    ...more,
  };
  writeFileSync(configFile, JSON.stringify(config));
  const running = new Set<ChildProcess>();

  const verb = async (...args: string[]) =>
    (await runFile(process.execPath, [BINARY, "edge", ...args, "--config", configFile])).stdout;

  return {
    folder,
    configFile,
    verb,
    write(name: string, text: string): void {
      writeFileSync(join(folder, name), text, { mode: 0o600 });
    },
    async pair(): Promise<GatewayRegistration[]> {
      const lines = (await verb("pair")).trim().split("\n");
      return lines.map((line) => JSON.parse(line) as GatewayRegistration);
    },
    status: () => JSON.parse(readFileSync(join(folder, "data/status.json"), "utf8")) as GatewayStatus,
    metrics: () => readFileSync(join(folder, "data/edge.prom"), "utf8"),
    start: () => startGateway(configFile, running),
    /** Publishes a meter's counter for a day's quarter-hours, as the meter would. */
    async publish(
      meter: number,
      day: Day,
      { from = 0, to = 96, whPerQuarter = 100, openingWh = 0 } = {},
    ): Promise<void> {
      const client = await connectAsync(`mqtt://127.0.0.1:${metersPort}`);
      for (let quarter = from; quarter <= to; quarter++) {
        const body = { time: dayStart(day) + quarter * 900, E1: openingWh + quarter * whPerQuarter };
        await client.publishAsync(`emon/home-${meter}`, JSON.stringify(body), { qos: 1 });
      }
      await client.endAsync();
    },
    /** Throws the gateway's database away; what the signer remembers stays. */
    forgetDays(): void {
      for (const end of ["", "-wal", "-shm"]) rmSync(join(folder, `data/edge.sqlite${end}`), { force: true });
    },
    killAll() {
      for (const child of running) child.kill("SIGKILL");
      running.clear();
    },
    remove() {
      rmSync(folder, { recursive: true });
    },
  };
}

async function startGateway(configFile: string, running: Set<ChildProcess>) {
  const child: ChildProcess = spawn(process.execPath, [BINARY, "edge", "--config", configFile], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  running.add(child);
  child.on("exit", () => running.delete(child));
  const lines: LogLine[] = [];
  const waiting = new Set<() => void>();
  let errors = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (errors += text));
  if (child.stdout === null) throw new Error("the gateway has no output");
  createInterface({ input: child.stdout }).on("line", (line) => {
    lines.push(JSON.parse(line) as LogLine);
    for (const look of waiting) look();
  });
  const exited = once(child, "exit") as Promise<[number | null, NodeJS.Signals | null]>;

  async function logged(event: string, matches: (line: LogLine) => boolean = () => true): Promise<LogLine> {
    const found = Promise.withResolvers<LogLine>();
    const look = () => {
      const line = lines.find((entry) => entry.event === event && matches(entry));
      if (line !== undefined) found.resolve(line);
    };
    waiting.add(look);
    look();
    const ended = exited.then(([code]): never => {
      throw new Error(`the gateway ended with ${code ?? "a signal"} before ${event}: ${errors}`);
    });
    try {
      return await Promise.race([found.promise, ended]);
    } finally {
      waiting.delete(look);
    }
  }

  await logged("ready");
  // What is published before the first subscription is nobody's.
  await logged("broker-connected");
  return {
    lines,
    logged,
    pid: child.pid ?? 0,
    async end(signal: "SIGKILL" | "SIGTERM"): Promise<number | null> {
      child.kill(signal);
      const [code] = await exited;
      return code;
    },
  };
}
