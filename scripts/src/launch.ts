/**
 * `npm start`: checks the command line, builds, then starts, in one process that npm runs without a shell in between
 * (`exec`), so that a signal to npm reaches it; and should npm be killed, it ends too.
 */
import "./run/end-with-parent.ts";

import { describeError } from "./errors.ts";
import { parseOptions } from "./options.ts";

try {
  // Help, and what is wrong with the command line, needs no build.
  if (parseOptions(process.argv.slice(2)) !== undefined) await import("./build.ts");
  await import("./start.ts");
} catch (error) {
  process.stderr.write(`${describeError(error)}\n`);
  process.exitCode = 1;
}
