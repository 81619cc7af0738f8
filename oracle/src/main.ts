import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";

import { runCommandLine } from "./cli/command-line.ts";
import { VERBS } from "./cli/verbs.ts";

try {
  await runCommandLine(VERBS, process.argv.slice(2));
} catch (error) {
  // A stack trace helps only where the mistake is ours.
  const text = error instanceof CommonwattError ? error.message : error instanceof Error ? error.stack : undefined;
  process.stderr.write(`${text ?? String(error)}\n`);
  process.exitCode = 1;
}
