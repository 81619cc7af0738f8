import { type Logger, pino, stdTimeFunctions } from "pino";

import type { Config } from "./config/schema.ts";

/** Structured logs on standard output: one JSON object a line, `event` for programs, `msg` for people. */
export function createLog(level: Config["logLevel"]): Logger {
  return pino({
    level,
    base: null,
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
  });
}
