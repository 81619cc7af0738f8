import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";

/** The repository's root. */
export const ROOT = join(import.meta.dirname, "../../..");

/** A fresh folder for the run's logs, keys, database and deployment: `.commonwatt/run-...`. */
export async function createRunFolder(): Promise<string> {
  const parent = join(ROOT, ".commonwatt");
  await mkdir(parent, { recursive: true });
  return mkdtemp(join(parent, "run-"));
}

/** Removes a run's folder. */
export async function removeRunFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true, maxRetries: 3 });
}
