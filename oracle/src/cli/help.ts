import type { Verb } from "./verb.ts";
import type { VerbEntry } from "./verbs.ts";

const PROGRAM = "commonwatt-oracle";
const GAP = 2;

/** The list of all verbs. */
export function helpOfAll(verbs: Readonly<Record<string, VerbEntry>>): string {
  const rows = Object.entries(verbs).map(([name, { about }]): [string, string] => [name, about]);
  return [
    `usage: ${PROGRAM} VERB [options]`,
    ...columns(rows),
    `"${PROGRAM} VERB --help" says more of one of them.`,
  ].join("\n");
}

/** What one verb does, its forms and its options. */
export function helpOf(name: string, { about }: VerbEntry, { usage, options, details }: Verb): string {
  const rows = Object.entries(options).map(([option, { value, about: meaning, default: otherwise, required }]) => {
    const remark = otherwise !== undefined ? ` (default: ${otherwise})` : required === true ? " (needed)" : "";
    return [`--${option}${value === undefined ? "" : ` ${value}`}`, `${meaning}${remark}`] satisfies [string, string];
  });
  return [
    `${name}: ${about}`,
    "",
    ...usage
      .split("\n")
      .map((form, index) => `${index === 0 ? "usage: " : "       "}${PROGRAM} ${name} ${form}`.trimEnd()),
    ...columns(rows),
    ...(details === undefined ? [] : ["", details]),
  ].join("\n");
}

function columns(rows: readonly [string, string][]): string[] {
  const width = Math.max(0, ...rows.map(([left]) => left.length)) + GAP;
  return rows.map(([left, right]) => `  ${left.padEnd(width)}${right}`);
}
