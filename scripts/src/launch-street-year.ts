/** `npm run test:street-year`: checks the command line, builds, then starts: see launch.ts. */
import "./run/end-with-parent.ts";

import { describeError } from "./errors.ts";
import { parseStreetYearOptions } from "./street-year/options.ts";

try {
  if (parseStreetYearOptions(process.argv.slice(2)) !== undefined) await import("./build.ts");
  await import("./street-year/main.ts");
} catch (error) {
  process.stderr.write(`${describeError(error)}\n`);
  process.exitCode = 1;
}
