import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { createRunFolder, keepRunFolder } from "./folder.ts";

let parent: string;
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), "commonwatt-runs-"));
});
afterEach(() => {
  rmSync(parent, { recursive: true });
});

/** Higher than any process number. */
const NOBODY = 2 ** 30;

describe("the folder of a run", () => {
  it("is cleared away by the next run when its own was killed", async () => {
    const killed = await createRunFolder(parent);
    writeFileSync(join(killed, "owner.pid"), `${NOBODY}\n`);
    const next = await createRunFolder(parent);
    expect([killed, next].map(existsSync)).toEqual([false, true]);
  });

  it("stays while its run lives, and for ever when it is kept", async () => {
    const living = await createRunFolder(parent);
    const kept = await createRunFolder(parent);
    writeFileSync(join(kept, "owner.pid"), `${NOBODY}\n`);
    await keepRunFolder(kept);
    await createRunFolder(parent);
    expect([living, kept].map(existsSync)).toEqual([true, true]);
  });
});
