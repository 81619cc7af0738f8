import { setTimeout as pause } from "node:timers/promises";

/** A task that runs again and again: after a pause, or at once when it is woken. */
export type Loop = {
  wake(): void;
  /** Settles when the loop has ended; a round that does not end soon after the abort is left behind. */
  done: Promise<void>;
};

export type LoopOptions = {
  pauseMs: number;
  signal: AbortSignal;
  onError: (error: unknown, pauseMs: number) => void;
  /** The longest pause after failures. */
  mostPauseMs?: number;
  /** How long after the abort `done` waits for the round under way. */
  lastRoundMs?: number;
};

const LAST_ROUND_MS = 3_000;

const MAX_PAUSE_MS = 60_000;

/** Asked again after a wait, which the compiler does not see. */
const isAborted = (signal: AbortSignal) => signal.aborted;

/**
 * Runs `step` until the signal aborts. After a failure the pause doubles, up to a minute.
 *
 * @param step - One round; says whether it did something, in which case the next follows at once.
 */
export function startLoop(step: () => Promise<boolean>, options: LoopOptions): Loop {
  const { pauseMs, signal, onError, mostPauseMs = MAX_PAUSE_MS, lastRoundMs = LAST_ROUND_MS } = options;
  let wakeUp: () => void = () => undefined;
  let failures = 0;

  async function run(): Promise<void> {
    while (!signal.aborted) {
      // Made before the round: a wake during it counts.
      const woken = new AbortController();
      wakeUp = () => {
        woken.abort();
      };
      let waitMs = pauseMs;
      try {
        if (await step()) waitMs = 0;
        failures = 0;
      } catch (error) {
        waitMs = Math.min(pauseMs * 2 ** Math.min(failures++, 16), mostPauseMs);
        if (!isAborted(signal)) onError(error, waitMs);
      }
      await pause(waitMs, undefined, { signal: AbortSignal.any([signal, woken.signal]) }).catch(() => undefined);
    }
  }

  return {
    wake() {
      // Not while failing: then the pauses grow on purpose.
      if (failures === 0) wakeUp();
    },
    done: endOf(run(), signal, lastRoundMs),
  };
}

/** Whatever a round waits for (a receipt, a node that is gone) is in the database: the next start takes it up again. */
async function endOf(running: Promise<void>, signal: AbortSignal, lastRoundMs: number): Promise<void> {
  const aborted = Promise.withResolvers<undefined>();
  signal.addEventListener("abort", () => {
    aborted.resolve(undefined);
  });
  await Promise.race([running, aborted.promise]);
  await Promise.race([running, pause(lastRoundMs, undefined, { ref: false })]);
}
