import { helpOf, helpOfAll } from "./help.ts";
import { parseOptions, print, UsageError } from "./verb.ts";
import type { VerbEntry } from "./verbs.ts";

/** A verb is at most this many words. */
const MAX_WORDS = 2;

/**
 * Looks up what the command line asks for and does it.
 *
 * @param args - What comes after the program's name.
 * @throws UsageError when it cannot be understood, and whatever the verb throws.
 */
export async function runCommandLine(
  verbs: Readonly<Record<string, VerbEntry>>,
  args: readonly string[],
): Promise<void> {
  const [first] = args;
  if (first === undefined) throw new UsageError(`No verb\n${helpOfAll(verbs)}`);
  if (first === "--help" || first === "-h" || (first === "help" && args.length === 1)) {
    print(helpOfAll(verbs));
    return;
  }
  const wantsHelp = first === "help";
  const words = wantsHelp ? args.slice(1) : args;
  const found = findVerb(verbs, words);
  if (found === undefined) throw unknownVerb(verbs, words);
  const verb = await found.entry.load();
  const values = wantsHelp ? undefined : parseOptions(found.name, verb.options, found.rest);
  if (values === undefined) print(helpOf(found.name, found.entry, verb));
  else await verb.run(values);
}

/** The verb of the most words that the command line begins with. */
function findVerb(verbs: Readonly<Record<string, VerbEntry>>, words: readonly string[]) {
  for (let count = MAX_WORDS; count > 0; count--) {
    const name = words.slice(0, count).join(" ");
    const entry = Object.hasOwn(verbs, name) && words.length >= count ? verbs[name] : undefined;
    if (entry !== undefined) return { name, entry, rest: words.slice(count) };
  }
  return undefined;
}

function unknownVerb(verbs: Readonly<Record<string, VerbEntry>>, words: readonly string[]): UsageError {
  const said = words.slice(0, MAX_WORDS).filter((word) => !word.startsWith("-"));
  const [first = ""] = said;
  const near = Object.keys(verbs).filter((name) => name.startsWith(`${first} `));
  const problem = said.length === 0 ? "No verb" : `Unknown verb ${JSON.stringify(said.join(" "))}`;
  if (first !== "" && near.length > 0) return new UsageError(`${problem}, expected one of ${near.join(", ")}`);
  return new UsageError(`${problem}\n${helpOfAll(verbs)}`);
}
