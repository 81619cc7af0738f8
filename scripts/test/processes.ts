import { type ChildProcess, execFile, spawn } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";

const START = join(import.meta.dirname, "../src/start.ts");

/** `npm start` without npm, with all that it has printed. */
export type Started = {
  readonly process: ChildProcess;
  readonly output: () => string;
  /** Exit code, or the signal's name. */
  readonly ended: Promise<number | string>;
};

export function start(args: readonly string[]): Started {
  const child = spawn(process.execPath, [START, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  const keep = (chunk: Buffer): void => {
    output += chunk.toString("utf8");
  };
  child.stdout.on("data", keep);
  child.stderr.on("data", keep);
  const ended = new Promise<number | string>((resolve) => {
    child.once("close", (code, signal) => {
      resolve(code ?? signal ?? "unknown");
    });
  });
  return { process: child, output: () => output, ended };
}

/** Resolves once the output matches; rejects when the process ends before. */
export async function printed({ output, ended, process: child }: Started, pattern: RegExp): Promise<RegExpExecArray> {
  return new Promise((resolve, reject) => {
    const look = (): void => {
      const match = pattern.exec(output());
      if (match !== null) resolve(match);
    };
    child.stdout?.on("data", look);
    look();
    void ended.then((how) => {
      reject(new Error(`It ended (${how}) without printing ${String(pattern)}:\n${output()}`));
    });
  });
}

/** All processes below one, by `ps`. */
export async function descendants(pid: number): Promise<number[]> {
  const { stdout } = await promisify(execFile)("ps", ["-A", "-o", "pid=,ppid="]);
  const rows = stdout
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/\s+/u).map(Number));
  const below = (parent: number): number[] =>
    rows.flatMap(([child = 0, ppid = 0]) => (ppid === parent ? [child, ...below(child)] : []));
  return below(pid);
}

/** Whether a process exists. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
