import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { afterEach, describe, expect, test } from "vitest";

const BINARY = fileURLToPath(new URL("../bin/commonwatt-oracle.js", import.meta.url));
const runFile = promisify(execFile);
const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** A config that listens on a free port of its own, and finds nothing else. */
function makeConfig(): string {
  const folder = mkdtempSync(join(tmpdir(), "oracle-"));
  folders.push(folder);
  const file = join(folder, "config.json");
  const paths = { dataDir: "data", keystoreDir: "keystore", passphraseFile: "passphrase", deploymentFile: "none" };
  const config = { ...paths, broker: { kind: "embedded", port: 0 }, rpcUrls: ["http://127.0.0.1:1"] };
  writeFileSync(file, JSON.stringify(config));
  return file;
}

describe("the binary", () => {
  test("hands on arguments, output and exit code", async () => {
    const { stdout } = await runFile(BINARY, ["run", "--help"]);
    expect(stdout).toContain("usage: commonwatt-oracle run --config FILE");
    await expect(runFile(BINARY, ["run", "--config", "/nowhere/config.json"])).rejects.toMatchObject({
      code: 1,
      stdout: "",
      stderr: expect.stringContaining("/nowhere/config.json: cannot be read") as string,
    });
  });

  test.skipIf(process.platform !== "linux")(
    "becomes the oracle itself, with a bounded heap, and a signal to it reaches the oracle",
    async () => {
      const args = ["discover", "--config", makeConfig(), "--seconds", "600"];
      const env = { ...process.env, COMMONWATT_HEAP_MB: "321" };
      // Node of this run: what an operator's shell would find first.
      const child = spawn(process.execPath, [BINARY, ...args], { env, stdio: ["ignore", "pipe", "pipe"] });
      try {
        const listening = Promise.withResolvers<undefined>();
        let said = "";
        child.stderr.setEncoding("utf8").on("data", (text: string) => {
          said += text;
          if (said.includes("Listening")) listening.resolve(undefined);
        });
        child.on("exit", () => {
          listening.reject(new Error(`it ended before it listened: ${said}`));
        });
        await listening.promise;
        const commandLine = readFileSync(`/proc/${child.pid ?? 0}/cmdline`, "utf8").split("\0");
        expect(commandLine).toContain("--max-old-space-size=321");
        expect(commandLine.some((word) => word.endsWith("src/main.ts"))).toBe(true);
        const ended = once(child, "exit");
        child.kill("SIGINT");
        expect(await ended).toEqual([0, null]);
      } finally {
        child.kill("SIGKILL");
      }
    },
  );

  test.each(["0", "-5", "much", "1e3"])("refuses a heap of %j", async (megabytes) => {
    const env = { ...process.env, COMMONWATT_HEAP_MB: megabytes };
    await expect(runFile(BINARY, ["--help"], { env })).rejects.toMatchObject({
      stderr: `COMMONWATT_HEAP_MB is "${megabytes}", expected megabytes from 10 to 999999\n`,
    });
  });
});
