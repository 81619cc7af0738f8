import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { afterAll, beforeAll, expect, test } from "vitest";

import { ROOT } from "../src/run/folder.ts";

/** Generous: the machine may be busy, and every wait ends by itself when what it waits for is there. */
const PATIENCE_MS = 240_000;
const TAIL = 6_000;

/** A fenced block of the document with what stands behind its language. */
type Block = { terminal: string; commands: string };

/** The blocks of `docs/operations.md` that name a terminal, in order: these are to be typed, word for word. */
function blocksOf(text: string): Block[] {
  return Array.from(text.matchAll(/^```sh (terminal-\d)\n([\s\S]*?)^```$/gmu), ([, terminal = "", commands = ""]) => ({
    terminal,
    commands,
  }));
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  server.close();
  await once(server, "close");
  return address.port;
}

let home: string;
const running: ChildProcess[] = [];

/** A terminal: a shell in the project's folder, for an operator whose home is empty. */
function type(commands: string) {
  const child = spawn("bash", ["-euo", "pipefail", "-c", commands], {
    cwd: ROOT,
    env: { ...process.env, HOME: home },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  running.push(child);
  const ended = once(child, "exit") as Promise<[number | null, NodeJS.Signals | null]>;
  const terminal = { child, ended, said: "" };
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => (terminal.said += text));
  }
  return terminal;
}

/** Ends a terminal with all that runs in it, as Ctrl-C does. */
async function interrupt(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const exited = once(child, "exit");
  process.kill(-child.pid, "SIGINT");
  const timer = setTimeout(() => {
    if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
  }, 30_000);
  await exited;
  clearTimeout(timer);
}

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), "commonwatt-operator-"));
});
afterAll(async () => {
  // The last one opened first: the oracle before its chain.
  for (const child of running.toReversed()) await interrupt(child);
  rmSync(home, { recursive: true, force: true });
});

test(
  "a new operator who types what docs/operations.md says has a settled day of three meters",
  async () => {
    // Only the ports are others: those of the document may be taken here.
    const ports = { 8545: await freePort(), 8080: await freePort(), 8787: await freePort(), 9464: await freePort() };
    let text = readFileSync(join(ROOT, "docs/operations.md"), "utf8");
    for (const [port, free] of Object.entries(ports)) text = text.replaceAll(port, String(free));
    const blocks = blocksOf(text);
    expect(blocks.map(({ terminal }) => terminal).toSorted()).toContain("terminal-3");

    for (const { terminal, commands } of blocks) {
      const opened = type(commands);
      const words = () => opened.said;
      if (terminal === "terminal-1") {
        const [code] = await opened.ended;
        const said = words();
        expect({ commands, code, words: code === 0 ? "" : said.slice(-TAIL) }).toEqual({
          commands,
          code: 0,
          words: "",
        });
        if (commands.includes("watch")) expect(said).toMatch(/\d is settled: the first day is done\.\n$/u);
      } else if (terminal === "terminal-2") {
        // "go on when it says that its chain listens"
        await until(() => words().includes("The chain listens"), opened.child, words);
      }
    }

    const street = join(home, "street");
    const report = await fetch(`http://127.0.0.1:${ports[9464]}/status`);
    expect(await report.json()).toMatchObject({ meters: { total: 3 }, database: { problem: null } });
    const consents = readdirSync(join(street, "data/consents")).toSorted();
    expect(consents).toEqual(["meter-1.json", "meter-2.json", "meter-3.json"]);
    for (const file of [
      "passphrase",
      "config.json",
      "http-keys",
      "data/consents/meter-1.json",
      "keystore/meter-1.json",
    ]) {
      expect([file, (statSync(join(street, file)).mode & 0o077).toString(8)]).toEqual([file, "0"]);
    }
    // What the first home fed in on the settled day is in its owner's file: 120 Wh a quarter-hour.
    const rows = readFileSync(join(street, "meter-1/intervals.csv"), "utf8").split("\n");
    expect(rows[0]).toBe("meter,start,importWh,exportWh,quality,state");
    expect(rows.filter((row) => row.endsWith(",0,120,measured,settled"))).toHaveLength(96);
    expect(existsSync(join(street, "data/oracle.sqlite"))).toBe(true);
  },
  2 * PATIENCE_MS,
);

async function until(isSo: () => boolean, child: ChildProcess, words: () => string): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!isSo()) {
    if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}: ${words().slice(-TAIL)}`);
    if (performance.now() > deadline) throw new Error(`it does not get there: ${words().slice(-TAIL)}`);
    await sleep(50);
  }
}
