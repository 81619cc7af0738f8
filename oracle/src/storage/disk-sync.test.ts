import { closeSync, mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { createDiskSync } from "./disk-sync.ts";
import { DatabaseUnavailableError } from "./errors.ts";

let folder: string;
let descriptor: number;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "disk-sync-"));
  descriptor = openSync(join(folder, "file"), "w");
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

describe("a sync", () => {
  test("is shared by those who wait for the next one, never by one that began before", async () => {
    const disk = createDiskSync("file", descriptor);
    const first = disk.sync();
    const second = disk.sync();
    expect(second).not.toBe(first);
    expect(disk.sync()).toBe(second);
    await Promise.all([first, second]);
    await disk.sync();
    disk.check();
    closeSync(descriptor);
  });

  test("that fails is the last: nothing is written behind what the disk may have lost", async () => {
    closeSync(descriptor);
    const disk = createDiskSync("the log", descriptor);
    const [first, second] = await Promise.allSettled([disk.sync(), disk.sync()]);
    expect([first.status, second.status]).toEqual(["rejected", "rejected"]);
    await expect(disk.sync()).rejects.toThrow("The disk failed to write the log");
    expect(() => {
      disk.check();
    }).toThrow(DatabaseUnavailableError);
  });
});
