#!/usr/bin/env node
/**
 * Starts the oracle with the Node it needs and with a small memory. Plain JavaScript, for it has to say what is wrong under
 * an old Node too. The process is replaced (execve), so that a service manager that stops it, or kills it, meets the
 * oracle itself.
 */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { constants } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const NODE_MAJOR = 24;
const MAIN = join(dirname(fileURLToPath(import.meta.url)), "../src/main.ts");

/**
 * Node sizes its heap by the machine's memory: with much of it, it rarely tidies up. Ten thousand meters took 349 MB so, and
 * 514 at the start; they take 232 and 218 with these, and run with less than half of this heap. `COMMONWATT_HEAP_MB` sets
 * another limit.
 */
const NURSERY_MB = 4;
const HEAP_MB = 512;

/** @returns {string[]} */
function memoryFlags() {
  const given = process.env["COMMONWATT_HEAP_MB"];
  if (given !== undefined && !/^[1-9]\d{1,5}$/u.test(given)) {
    throw new Error(`COMMONWATT_HEAP_MB is ${JSON.stringify(given)}, expected megabytes from 10 to 999999`);
  }
  return [`--max-semi-space-size=${NURSERY_MB}`, `--max-old-space-size=${given ?? HEAP_MB}`];
}

/**
 * This process's Node where it is new enough, else the one that the project brings.
 *
 * @returns {string}
 */
function findNode() {
  if (Number(process.versions.node.split(".", 1)[0]) >= NODE_MAJOR) return process.execPath;
  for (let folder = dirname(MAIN); folder !== dirname(folder); folder = dirname(folder)) {
    const file = join(folder, "node_modules/.bin", process.platform === "win32" ? "node.cmd" : "node");
    if (existsSync(file)) return file;
  }
  throw new Error(
    `This is Node ${process.versions.node}, expected ${NODE_MAJOR} or later. "npm run setup" in the project's folder brings it along`,
  );
}

/** @param {string} node @param {string[]} args */
function spawnAndFollow(node, args) {
  const child = spawn(node, args, { stdio: "inherit", shell: process.platform === "win32" });
  /** @type {NodeJS.Signals[]} */
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"];
  for (const signal of signals) process.on(signal, () => child.kill(signal));
  child.on("error", fail);
  child.on("exit", (code, signal) => {
    process.exitCode = code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
  });
}

/** @param {unknown} error */
function fail(error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

try {
  const node = findNode();
  const args = [...process.execArgv, ...memoryFlags(), MAIN, ...process.argv.slice(2)];
  if (typeof process.execve === "function" && process.platform !== "win32") process.execve(node, [node, ...args]);
  else spawnAndFollow(node, args);
} catch (error) {
  fail(error);
}
