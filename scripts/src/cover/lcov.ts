/** Which lines of a file ran, by their numbers from 1. */
export type FileLines = { path: string; covered: number; uncovered: number[] };

/**
 * Reads an lcov report. Hits of a file or line that is named more than once add up.
 *
 * @param text - records `SF:path`, `DA:line,hits`, `end_of_record`; others are passed over
 * @returns one entry a file, sorted by path, its uncovered lines ascending
 * @throws Error when the report names no file, or a line's record cannot be read
 */
export function parseLcov(text: string): FileLines[] {
  const files = new Map<string, Map<number, number>>();
  let lines: Map<number, number> | undefined;
  for (const record of text.split("\n")) {
    if (record.startsWith("SF:")) {
      const path = record.slice(3).replaceAll("\\", "/");
      lines = files.get(path) ?? new Map<number, number>();
      files.set(path, lines);
    } else if (record.startsWith("DA:")) {
      const found = /^DA:(\d+),(\d+)/u.exec(record);
      if (found === null || lines === undefined) {
        throw new Error(`The record "${record}" cannot be read, expected SF:path and then DA:line,hits.`);
      }
      const line = Number(found[1]);
      lines.set(line, (lines.get(line) ?? 0) + Number(found[2]));
    } else if (record === "end_of_record") lines = undefined;
  }
  if (files.size === 0) throw new Error("The report names no file.");
  return [...files]
    .map(([path, hits]) => {
      const uncovered = [...hits].filter(([, count]) => count === 0).map(([line]) => line);
      return { path, covered: hits.size - uncovered.length, uncovered: uncovered.sort((a, b) => a - b) };
    })
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}
