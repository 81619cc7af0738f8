import { describeError } from "../errors.ts";

/** What a shell expects of a program that Ctrl-C ended. */
const INTERRUPTED = 130;
/** One Ctrl-C can arrive twice: from the terminal, and passed on by npm. */
const SAME_INTERRUPTION_MS = 1_000;

/**
 * Runs a program until it ends or somebody ends it: Ctrl-C aborts its signal, so that it can end in order.
 *
 * @param main - Returns the exit code.
 * @returns The exit code; what went wrong has been printed.
 */
export async function untilInterrupted(main: (signal: AbortSignal) => Promise<number>): Promise<number> {
  const controller = new AbortController();
  let interruptedAt: number | undefined;
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(name, () => {
      if (interruptedAt === undefined) {
        interruptedAt = performance.now();
        process.stdout.write("Ending everything ...\n");
        controller.abort();
      } else if (performance.now() - interruptedAt > SAME_INTERRUPTION_MS) {
        // Whoever insists gets out at once; the children are killed on the way.
        process.exit(INTERRUPTED);
      }
    });
  }
  try {
    return await main(controller.signal);
  } catch (error) {
    if (controller.signal.aborted) return INTERRUPTED;
    process.stderr.write(`${describeError(error)}\n`);
    return 1;
  }
}
