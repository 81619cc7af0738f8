import { execFile } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

const runFile = promisify(execFile);
const CHUNK = Buffer.alloc(64 * 1024);

/** A small disk of its own, that can be filled to the last byte. */
export type Disk = { path: string; fill(): void; free(): void; close(): Promise<void> };

/**
 * Mounts a file system of `megabytes` in memory; undefined where that is not allowed, which takes root.
 *
 * @param path - Folder to mount it on; it is made.
 */
export async function mountDisk(path: string, megabytes: number): Promise<Disk | undefined> {
  mkdirSync(path, { recursive: true });
  try {
    await runFile("mount", ["-t", "tmpfs", "-o", `size=${megabytes}m,mode=755`, "commonwatt-chaos", path]);
  } catch {
    return undefined;
  }
  const ballast = join(path, "ballast");
  return {
    path,
    fill() {
      const file = openSync(ballast, "w");
      try {
        for (let size = CHUNK.length; size >= 1;) {
          // Whole chunks first, then ever smaller ones into what is left.
          if (!wrote(file, size)) size = Math.floor(size / 2);
        }
      } finally {
        closeSync(file);
      }
    },
    free() {
      rmSync(ballast, { force: true });
    },
    async close() {
      if (existsSync(path)) await runFile("umount", ["-l", path]);
    },
  };
}

function wrote(file: number, size: number): boolean {
  try {
    return writeSync(file, CHUNK, 0, size) === size;
  } catch {
    return false;
  }
}
