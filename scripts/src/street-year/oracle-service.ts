import { join } from "node:path";

import { Child } from "../run/child.ts";
import { ROOT } from "../run/folder.ts";
import { ORACLE } from "../run/oracle-tools.ts";
import { memoryOf } from "./measure.ts";

const START_TIMEOUT_MS = 300_000;

/** The oracle as a service that can be killed and started again. */
export class OracleService {
  readonly #config: string;
  readonly #folder: string;
  #child: Child | undefined;
  #lives = 0;
  readonly #lost = Promise.withResolvers<never>();

  constructor(config: string, folder: string) {
    this.#config = config;
    this.#folder = folder;
    this.#lost.promise.catch(() => undefined);
  }

  /** Starts it, and waits until it is ready for messages. */
  async start(signal: AbortSignal): Promise<void> {
    this.#lives += 1;
    const child = new Child("The oracle", [ORACLE, "run", "--config", this.#config], {
      logFile: join(this.#folder, "oracle.log"),
      env: {},
      cwd: ROOT,
    });
    this.#child = child;
    child.watch().catch((error: unknown) => {
      if (this.#child === child) this.#lost.reject(error);
    });
    await child.printed(/"event":"(ready)"/u, START_TIMEOUT_MS, signal);
  }

  /** Ends it at once, as a power cut does; resolves when it is gone. */
  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    child?.killNow();
    await child?.ended;
  }

  /** Ends it in order; its exit code. */
  async stop(): Promise<number | string | undefined> {
    const child = this.#child;
    this.#child = undefined;
    await child?.stop();
    return child?.ended;
  }

  killNow(): void {
    this.#child?.killNow();
  }

  /** The work's result; rejects as soon as the oracle ends without being told to. */
  orLost<T>(work: Promise<T>): Promise<T> {
    return Promise.race([work, this.#lost.promise]);
  }

  /** Starts so far. */
  get lives(): number {
    return this.#lives;
  }

  /** Memory it takes now. */
  async memory(): Promise<{ oracleKb: number; signerKb: number }> {
    const pid = this.#child?.pid;
    if (pid === undefined) throw new Error("The oracle is not running, expected it to be.");
    return memoryOf(pid);
  }
}
