import { setTimeout as sleep } from "node:timers/promises";

/**
 * Asks again and again until the answer is yes.
 *
 * @param what - For the error: "Gave up waiting for ...".
 * @param explain - More for the error, read when it is thrown.
 * @throws Error after `timeoutMs`; the signal's reason when aborted; whatever `check` throws.
 */
export async function waitFor(
  what: string,
  check: () => boolean | Promise<boolean>,
  options: { timeoutMs: number; everyMs?: number; signal?: AbortSignal; explain?: () => string },
): Promise<void> {
  const { timeoutMs, everyMs = 50, signal, explain } = options;
  const deadline = performance.now() + timeoutMs;
  while (!(await check())) {
    if (performance.now() > deadline) {
      const more = explain === undefined ? "" : ` ${explain()}`;
      throw new Error(`Gave up waiting for ${what} after ${timeoutMs / 1000} s.${more}`);
    }
    await sleep(everyMs, undefined, signal === undefined ? {} : { signal });
  }
}
