import { setTimeout as pause } from "node:timers/promises";

/** A task that runs again and again: after a pause, or at once when it is woken. */
export type Loop = { wake(): void; done: Promise<void> };

const MAX_PAUSE_MS = 60_000;

/** Asked again after a wait, which the compiler does not see. */
const isAborted = (signal: AbortSignal) => signal.aborted;

/**
 * Runs `step` until the signal aborts. After a failure the pause doubles, up to a minute.
 *
 * @param step - One round; says whether it did something, in which case the next follows at once.
 */
export function startLoop(
  step: () => Promise<boolean>,
  {
    pauseMs,
    signal,
    onError,
  }: { pauseMs: number; signal: AbortSignal; onError: (error: unknown, pauseMs: number) => void },
): Loop {
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
        waitMs = Math.min(pauseMs * 2 ** Math.min(failures++, 16), MAX_PAUSE_MS);
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
    done: run(),
  };
}
