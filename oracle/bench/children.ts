import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

import type { InsertOptions } from "./plain-inserts.ts";
import type { LoadOptions, LoadResult } from "./load-client.ts";

const running = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** A Node process of the benchmark; killed with it at the latest. */
export function startNode(script: string, args: readonly string[]): ChildProcess {
  const child = spawn(process.execPath, [fileURLToPath(new URL(script, import.meta.url)), ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  running.add(child);
  child.on("exit", () => running.delete(child));
  return child;
}

/** The first line that a process prints for which `accepts` holds. */
export async function firstLine(child: ChildProcess, accepts: (line: string) => boolean = () => true): Promise<string> {
  if (child.stdout === null) throw new Error("the process has no output");
  const lines = createInterface({ input: child.stdout });
  const found = Promise.withResolvers<string>();
  // Goes on reading afterwards, so that the process never waits for its output to be taken.
  lines.on("line", (line) => {
    if (accepts(line)) found.resolve(line);
  });
  child.on("exit", (code) => {
    found.reject(
      new Error(`a process of the benchmark ended with ${code ?? "a signal"} before it said what was expected`),
    );
  });
  return found.promise;
}

export async function endNow(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGKILL");
  await exited;
}

/** Runs the meters for a while. */
export async function runLoad(options: LoadOptions): Promise<LoadResult> {
  return JSON.parse(await firstLine(startNode("load-client.ts", [JSON.stringify(options)]))) as LoadResult;
}

/** Rows a second that a database takes by itself. */
export async function runInserts(options: InsertOptions): Promise<number> {
  const line = await firstLine(startNode("plain-inserts.ts", [JSON.stringify(options)]));
  return (JSON.parse(line) as { perSecond: number }).perSecond;
}
