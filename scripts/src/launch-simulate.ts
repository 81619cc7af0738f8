/** `npm run simulate`: checks the command line, builds, then starts: see launch.ts. */
import "./run/end-with-parent.ts";

import { describeError } from "./errors.ts";
import { parseSimulateOptions } from "./simulate/options.ts";

try {
  if (parseSimulateOptions(process.argv.slice(2)) !== undefined) await import("./build.ts");
  await import("./simulate/main.ts");
} catch (error) {
  process.stderr.write(`${describeError(error)}\n`);
  process.exitCode = 1;
}
