import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { finished } from "node:stream/promises";

import { waitFor } from "./wait.ts";

const END_WITH_PARENT = new URL("end-with-parent.ts", import.meta.url).href;
/** How long a child may take to end after SIGTERM before it is killed. */
const TERM_GRACE_MS = 8_000;
/** Output kept for the message when a child ends by itself. */
const TAIL_BYTES = 4_000;

/** One process of the run: its output goes to a log file, and it is ended with the run. */
export class Child {
  readonly name: string;
  /** Settles with the exit code, or the signal's name, once the process is gone. */
  readonly ended: Promise<number | string>;
  readonly #process: ChildProcess;
  readonly #logged: Promise<void>;
  readonly #logFile: string;
  #tail = "";
  #stopping = false;
  #gone = false;

  /**
   * @param name - What it is, for messages.
   * @param args - Arguments to this same Node.
   * @param options.logFile - Gets everything it prints.
   */
  constructor(
    name: string,
    args: readonly string[],
    { logFile, env, cwd }: { logFile: string; env: Record<string, string>; cwd: string },
  ) {
    this.name = name;
    this.#logFile = logFile;
    // A group of its own: Ctrl-C in the terminal reaches only this process, which then ends the children in order.
    this.#process = spawn(process.execPath, ["--import", END_WITH_PARENT, ...args], {
      cwd,
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    const log = createWriteStream(logFile, { flags: "a" });
    this.#logged = finished(log);
    const keep = (chunk: Buffer): void => {
      log.write(chunk);
      this.#tail = (this.#tail + chunk.toString("utf8")).slice(-TAIL_BYTES);
    };
    this.#process.stdout?.on("data", keep);
    this.#process.stderr?.on("data", keep);
    this.ended = new Promise((resolve) => {
      this.#process.once("error", (error) => {
        this.#tail += String(error);
        resolve("error");
      });
      this.#process.once("close", (code, signal) => {
        resolve(code ?? signal ?? "unknown");
      });
    });
    void this.ended.then(() => {
      this.#gone = true;
      log.end();
    });
  }

  /** Undefined where it could not be started. */
  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** The end of what it printed. */
  get lastWords(): string {
    return this.#tail.trim();
  }

  /**
   * Waits until the process has printed something.
   *
   * @returns The first group of the pattern.
   * @throws Error with the process's last words after `timeoutMs`.
   */
  async printed(pattern: RegExp, timeoutMs: number, signal: AbortSignal): Promise<string> {
    const found = (): string | undefined => pattern.exec(this.#tail)?.[1];
    const explain = (): string => `Its last words:\n${this.lastWords}`;
    await waitFor(`${this.name} to be ready`, () => found() !== undefined, { timeoutMs, signal, explain });
    return found() ?? "";
  }

  /** Rejects if the process ends before it was told to. */
  async watch(): Promise<never> {
    const how = await this.ended;
    // Told to end: nothing to report, ever.
    if (this.#stopping) return new Promise(() => undefined);
    throw new Error(
      `${this.name} ended by itself (${how}). Its last words:\n${this.lastWords}\n(log: ${this.#logFile})`,
    );
  }

  /** Ends the process with SIGTERM, or SIGKILL of its whole group where that does not help; resolves once it is gone. */
  async stop(): Promise<void> {
    this.#stopping = true;
    const pid = this.#process.pid;
    if (!this.#gone && pid !== undefined) {
      this.#process.kill("SIGTERM");
      const timer = setTimeout(() => {
        killGroup(pid);
      }, TERM_GRACE_MS);
      await this.ended;
      clearTimeout(timer);
    }
    await this.#logged;
  }

  /** Last resort when this process itself must go at once. */
  killNow(): void {
    if (!this.#gone && this.#process.pid !== undefined) killGroup(this.#process.pid);
  }
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // Already gone.
  }
}
