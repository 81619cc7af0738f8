/**
 * `npm run test:chaos`: builds, then runs the oracle while everything around it is killed, in one process that npm runs
 * without a shell in between (`exec`), so that a signal to npm reaches it; and should npm be killed, it ends too.
 */
import "./run/end-with-parent.ts";

import { HELP, OptionError, parseOptions } from "../../oracle/test/chaos/options.ts";
import { describeError } from "./errors.ts";

try {
  // Help, and what is wrong with the command line, needs no build.
  if (parseOptions(process.argv.slice(2)) === undefined) process.stdout.write(`${HELP}\n`);
  else {
    await import("./build.ts");
    await import("../../oracle/test/chaos/main.ts");
  }
} catch (error) {
  process.stderr.write(`${error instanceof OptionError ? error.message : describeError(error)}\n`);
  process.exitCode = 1;
}
