import type { Child } from "./child.ts";

/** All processes of a run. Whatever happens, they end with it. */
export class Crew {
  readonly #children: Child[] = [];
  #stopped = false;
  readonly #lost = Promise.withResolvers<never>();

  constructor() {
    // Nobody may be listening at the moment a child is lost; `orLost` still hears of it.
    this.#lost.promise.catch(() => undefined);
    process.once("exit", this.#killAll);
  }

  /**
   * Takes charge of a process.
   *
   * @throws Error when the run is over already; the process is killed.
   */
  add(child: Child): void {
    if (this.#stopped) {
      child.killNow();
      throw new Error(`${child.name} came too late: the run is over.`);
    }
    this.#children.push(child);
    child.watch().catch(this.#lost.reject);
  }

  /** The work's result; rejects as soon as one of the processes ends by itself. */
  async orLost<T>(work: Promise<T>): Promise<T> {
    return Promise.race([work, this.#lost.promise]);
  }

  /** Ends all processes, the last one started first, and waits until they are gone. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const child of this.#children.toReversed()) await child.stop();
    process.removeListener("exit", this.#killAll);
  }

  readonly #killAll = (): void => {
    for (const child of this.#children) child.killNow();
  };
}
