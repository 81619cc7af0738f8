import { type OnceResult, type OnceSettings, runOnce } from "../src/once.ts";
import { parseOptions } from "../src/options.ts";
import { planStreet } from "../src/run/street.ts";

/** Plays what a command line asks for, in this process, so that the ledger can be looked at. */
export async function play(line: string, lose?: OnceSettings["lose"]): Promise<OnceResult> {
  const options = parseOptions(["--once", ...line.split(" ")]);
  if (options === undefined) throw new Error("no options");
  const plan = await planStreet(options);
  const settings = { plan, keep: false, say: () => undefined, ...(lose && { lose }) };
  return runOnce(settings, new AbortController().signal);
}
