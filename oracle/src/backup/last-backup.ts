import { mkdirSync, statSync } from "node:fs";
import { join } from "node:path";

import { writeWhole } from "../metrics/write-whole.ts";

const FILE = "last-backup";

/** Notes in the data folder that a backup was made, for the alarm that misses one. */
export function noteBackup(dataDir: string, at: Date): void {
  // With PostgreSQL and a remote signer there may be no such folder yet.
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  writeWhole(join(dataDir, FILE), `${at.toISOString()}\n`);
}

/** When the last backup was made, unix milliseconds; undefined before the first. */
export function readLastBackup(dataDir: string): number | undefined {
  return statSync(join(dataDir, FILE), { throwIfNoEntry: false })?.mtimeMs;
}
