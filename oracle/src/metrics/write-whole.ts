import { renameSync, writeFileSync } from "node:fs";

/** Writes a file (mode 600) whole or not at all: a reader never finds half of it. */
export function writeWhole(file: string, text: string): void {
  const beside = `${file}.new`;
  writeFileSync(beside, text, { mode: 0o600 });
  renameSync(beside, file);
}
