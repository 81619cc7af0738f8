/** `npm run simulate:year`: checks the command line, builds, then starts: see launch.ts. */
import "./run/end-with-parent.ts";

import { describeError } from "./errors.ts";
import { parseYearOptions } from "./year/options.ts";

try {
  if (parseYearOptions(process.argv.slice(2)) !== undefined) await import("./build.ts");
  await import("./simulate-year.ts");
} catch (error) {
  process.stderr.write(`${describeError(error)}\n`);
  process.exitCode = 1;
}
