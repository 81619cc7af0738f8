import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream, readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const BINARY = fileURLToPath(new URL("../../bin/commonwatt-oracle.js", import.meta.url));
/** What a service manager would do with a process that ends: start it again after a moment. */
const RESTART_MS = 300;
/** So many starts in a row that do not get ready are a failure of the oracle, not of what surrounds it. */
const MAX_FAILED_STARTS = 60;

/** The oracle as a service: started again however it ends, until it is told to stop. */
export type OracleService = ReturnType<typeof createOracleService>;

/** @param onEvent - Called for every line of its log. */
export function createOracleService(configFile: string, logFile: string, onEvent: () => void) {
  const log = createWriteStream(logFile, { flags: "a" });
  let child: ChildProcess | undefined;
  const state = { stopping: false };
  let downMs = RESTART_MS;
  let failedStarts = 0;
  let killedSigner: number | undefined;
  const stopped = Promise.withResolvers<undefined>();
  let ready = Promise.withResolvers<undefined>();
  const counts = { starts: 0, ready: 0, subscribed: 0, killed: 0, endedByItself: 0 };
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => undefined);

  async function runOnce(): Promise<void> {
    counts.starts++;
    const started = spawn(process.execPath, [BINARY, "run", "--config", configFile], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    child = started;
    let errors = "";
    started.stderr.setEncoding("utf8").on("data", (text: string) => {
      errors = (errors + text).slice(-4_000);
      log.write(text);
    });
    const before = counts.ready;
    createInterface({ input: started.stdout }).on("line", (line) => {
      log.write(`${line}\n`);
      if (line.includes('"event":"ready"')) {
        counts.ready++;
        failedStarts = 0;
        ready.resolve(undefined);
      }
      if (line.includes('"event":"mqtt-connected"')) counts.subscribed++;
      onEvent();
    });
    const [code, signal] = (await once(started, "exit")) as [number | null, NodeJS.Signals | null];
    // Who waits for one that ended before it was ready goes on waiting for the next.
    if (counts.ready > before) ready = Promise.withResolvers<undefined>();
    if (state.stopping || signal === "SIGKILL") return;
    counts.endedByItself++;
    log.write(`-- ended by itself with ${code ?? signal}\n`);
    if (counts.ready === before && ++failedStarts > MAX_FAILED_STARTS) {
      throw new Error(`the oracle does not start, ${MAX_FAILED_STARTS} times in a row. It says:\n${errors}`);
    }
  }

  async function serve(): Promise<void> {
    do {
      await runOnce();
      await Promise.race([sleep(downMs), stopped.promise]);
      downMs = RESTART_MS;
    } while (!state.stopping);
  }

  return {
    start() {
      serve().catch((error: unknown) => {
        failed.reject(error);
      });
    },
    /** Resolves when it is ready for messages; rejects when it does not get there. */
    ready: () => Promise.race([ready.promise, failed.promise]),
    /** Rejects when the oracle cannot be kept running. */
    failed: failed.promise,
    /** Ends it at once; it is started again after `pauseMs`. */
    kill(pauseMs: number): boolean {
      if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return false;
      downMs = pauseMs;
      counts.killed++;
      return child.kill("SIGKILL");
    },
    /** How often it has subscribed to a broker elsewhere. */
    subscriptions: () => counts.subscribed,
    /** Ends it in order, to be started again at once; resolves when it is ready again. */
    async restart(): Promise<void> {
      if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, "exit");
      child.kill("SIGTERM");
      await exited;
      await Promise.race([ready.promise, failed.promise, stopped.promise]);
    },
    /** Ends the process that holds the device keys; whether there was one that was not killed before. */
    killSigner(): boolean {
      const pid = child?.pid === undefined ? undefined : signerOf(child.pid);
      if (pid === undefined || pid === killedSigner) return false;
      killedSigner = pid;
      return killNow(pid);
    },
    pid: () => child?.pid,
    counts: () => counts,
    /** Ends it in order; the exit code. */
    async stop(): Promise<number | null> {
      state.stopping = true;
      stopped.resolve(undefined);
      const running = child;
      if (running === undefined || running.exitCode !== null || running.signalCode !== null) return null;
      const exited = once(running, "exit") as Promise<[number | null]>;
      running.kill("SIGTERM");
      const [code] = await exited;
      log.end();
      return code;
    },
    killNow() {
      state.stopping = true;
      stopped.resolve(undefined);
      child?.kill("SIGKILL");
    },
  };
}

function signerOf(pid: number): number | undefined {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean).map(Number);
    return children.find((child) => readFileSync(`/proc/${child}/cmdline`, "utf8").includes("signer/main.ts"));
  } catch {
    return undefined;
  }
}

function killNow(pid: number): boolean {
  try {
    return process.kill(pid, "SIGKILL");
  } catch {
    return false;
  }
}
