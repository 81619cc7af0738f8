/** The messages of a gateway leave this much behind in a minute that the collector would let lie, having room. */
const PAUSE_MS = 10_000;

/**
 * Collects garbage now and then, where the process was started with `--expose-gc`: V8 else waits until its heap has nearly
 * doubled, and gives little of that back. It takes some milliseconds.
 */
export function tidyMemory(): void {
  const { gc } = globalThis;
  if (gc === undefined) return;
  setInterval(() => {
    gc();
  }, PAUSE_MS).unref();
}
