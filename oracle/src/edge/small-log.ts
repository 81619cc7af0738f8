import type { Logger } from "pino";

const LEVELS = ["debug", "info", "warn", "error", "fatal"] as const;
type Level = (typeof LEVELS)[number];

/**
 * The oracle's log lines without its logging library, which alone would take several of the gateway's megabytes: one JSON
 * object a line on standard output, `event` for programs, `msg` for people.
 *
 * @param least - The least important lines that are written; "silent": none.
 */
export function createSmallLog(least: Level | "silent", write: (line: string) => unknown = writeLine): Logger {
  const from = least === "silent" ? LEVELS.length : LEVELS.indexOf(least);
  const lineOf = (level: Level) => (fields: object, msg: string) => {
    write(`${JSON.stringify({ level, time: new Date().toISOString(), ...fields, msg })}\n`);
  };
  const nothing = () => undefined;
  const methods = LEVELS.map((level, index) => [level, index < from ? nothing : lineOf(level)] as const);
  // The pipeline uses these five in this one form.
  return Object.fromEntries(methods) as unknown as Logger;
}

function writeLine(line: string): void {
  process.stdout.write(line);
}
