import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** The repository's root. */
export const ROOT = join(import.meta.dirname, "../../..");

const RUNS = join(ROOT, ".commonwatt");
const PREFIX = "run-";
/** Names the process that a run's folder goes away with. */
const OWNER = "owner.pid";

/**
 * A fresh folder for the run's logs, keys, database and deployment: `.commonwatt/run-...`. Clears away the folders of
 * runs that were killed.
 *
 * @param parent - Where the folders of runs are.
 */
export async function createRunFolder(parent: string = RUNS): Promise<string> {
  await mkdir(parent, { recursive: true });
  for (const name of await readdir(parent)) {
    const folder = join(parent, name);
    if (name.startsWith(PREFIX) && (await isOrphan(folder))) await removeRunFolder(folder);
  }
  const folder = await mkdtemp(join(parent, PREFIX));
  await writeFile(join(folder, OWNER), `${process.pid}\n`);
  return folder;
}

/** Removes a run's folder. */
export async function removeRunFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true, maxRetries: 3 });
}

/** Lets a run's folder outlive its run. */
export async function keepRunFolder(folder: string): Promise<void> {
  await rm(join(folder, OWNER), { force: true });
}

/** Whether a folder has an owner that is gone. */
async function isOrphan(folder: string): Promise<boolean> {
  const owner = await readFile(join(folder, OWNER), "utf8").catch(() => "");
  if (!/^\d+\n$/u.test(owner)) return false;
  try {
    process.kill(Number(owner), 0);
    return false;
  } catch (error) {
    // EPERM: it is there, but another user's.
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}
