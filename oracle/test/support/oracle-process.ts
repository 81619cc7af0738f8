import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const BINARY = fileURLToPath(new URL("../../bin/commonwatt-oracle.js", import.meta.url));
const runFile = promisify(execFile);

/** One line of the oracle's log. */
export type LogLine = { event?: string; msg: string; ports?: { mqtt: number; board: number } } & Record<
  string,
  unknown
>;

/** A folder with all that an oracle needs: config, passphrase, keys, data. */
export type OracleFolder = Awaited<ReturnType<typeof createOracleFolder>>;

export function createOracleFolder(config: object, deployment: object) {
  const folder = mkdtempSync(join(tmpdir(), "oracle-"));
  const configFile = join(folder, "config.json");
  const base = {
    broker: { kind: "embedded", port: 0 },
    dataDir: "data",
    keystoreDir: "keystore",
    keystoreStrength: "light",
    passphraseFile: "passphrase",
    deploymentFile: "deployment.json",
    board: { port: 0 },
  };
  writeFileSync(configFile, JSON.stringify({ ...base, ...config }));
  writeFileSync(join(folder, "passphrase"), "test passphrase\n", { mode: 0o600 });
  writeFileSync(join(folder, "deployment.json"), JSON.stringify(deployment));
  const running = new Set<ChildProcess>();
  return {
    folder,
    configFile,
    /** Runs a verb and parses what it prints. */
    async verb<T>(...args: string[]): Promise<T> {
      const { stdout } = await runFile(process.execPath, [BINARY, ...args, "--config", configFile]);
      return JSON.parse(stdout) as T;
    },
    /** Writes a file that only its owner may read. */
    write(name: string, text: string): void {
      writeFileSync(join(folder, name), text, { mode: 0o600 });
    },
    start: () => startOracle(configFile, running),
    /** Leaves no process behind, whatever a test came to. */
    killAll() {
      for (const child of running) child.kill("SIGKILL");
      running.clear();
    },
    remove() {
      rmSync(folder, { recursive: true });
    },
  };
}

/** Starts `run` and waits until it is ready. */
async function startOracle(configFile: string, running: Set<ChildProcess>) {
  const child: ChildProcess = spawn(process.execPath, [BINARY, "run", "--config", configFile], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  running.add(child);
  child.on("exit", () => running.delete(child));
  const lines: LogLine[] = [];
  const waiting = new Set<() => void>();
  let errors = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (errors += text));
  if (child.stdout === null) throw new Error("the oracle has no output");
  createInterface({ input: child.stdout }).on("line", (line) => {
    lines.push(JSON.parse(line) as LogLine);
    for (const look of waiting) look();
  });
  const exited = once(child, "exit") as Promise<[number | null, NodeJS.Signals | null]>;

  /** The first line with an event, past or to come, that satisfies `matches`. */
  async function logged(event: string, matches: (line: LogLine) => boolean = () => true): Promise<LogLine> {
    const find = () => lines.find((line) => line.event === event && matches(line));
    const found = Promise.withResolvers<LogLine>();
    const look = () => {
      const line = find();
      if (line !== undefined) found.resolve(line);
    };
    waiting.add(look);
    look();
    const ended = exited.then(([code]): never => {
      throw new Error(`the oracle ended with ${code ?? "a signal"} before ${event}: ${errors}`);
    });
    try {
      return await Promise.race([found.promise, ended]);
    } finally {
      waiting.delete(look);
    }
  }

  const ready = await logged("ready");
  if (ready.ports === undefined) throw new Error("the ready line names no ports");
  return {
    lines,
    ports: ready.ports,
    logged,
    /** Ends the process as a power cut would, or politely. */
    async end(signal: "SIGKILL" | "SIGTERM" | "SIGINT"): Promise<number | null> {
      child.kill(signal);
      const [code] = await exited;
      return code;
    },
  };
}
