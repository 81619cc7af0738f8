import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { toJeelib, toTelegram } from "../../../test/support/frames.ts";
import type { SerialConfig } from "../../config/schema.ts";
import type { Decoded } from "../../intake/intake.ts";
import { createNodeTable } from "../decode/node-table.ts";
import { startSerial } from "./serial.ts";

const NODES = createNodeTable([{ id: 8, name: "emontx3", names: ["power1"], codes: "h", scales: 1 }]);
const SCRIPT = "/usr/bin/script";

let folder: string;
let path: string;
const closers: (() => unknown)[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "serial-"));
  path = join(folder, "port");
});
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
  rmSync(folder, { recursive: true });
});

const makePipe = () => promisify(execFile)("mkfifo", [path]);

/** Listens on the port; `next` resolves with what the intake was given, one after the other. */
function listen(config: Omit<SerialConfig, "path">, port = path, failures = 0) {
  const taken: Decoded[] = [];
  const errors: Error[] = [];
  const waiting: (() => void)[] = [];
  const opened = Promise.withResolvers<undefined>();
  const failed = Promise.withResolvers<Error>();
  let toFail = failures;
  const serial = startSerial(
    { path: port, ...config },
    {
      nodes: NODES,
      intake: {
        take(decoded) {
          if (toFail-- > 0) return Promise.reject(new Error("the disk is full"));
          taken.push(decoded);
          waiting.shift()?.();
          return Promise.resolve();
        },
      },
      onOpen: () => {
        opened.resolve(undefined);
      },
      onError: (error) => {
        errors.push(error);
        failed.resolve(error);
      },
    },
  );
  closers.push(() => serial.close());
  return {
    opened: opened.promise,
    failed: failed.promise,
    errors,
    async next(): Promise<Decoded | undefined> {
      if (taken.length === 0) await new Promise<void>((resolve) => waiting.push(resolve));
      return taken.shift();
    },
  };
}

const values = (decoded: Decoded | undefined) => Object.fromEntries(decoded?.messages[0]?.values ?? []);

describe("a serial source", () => {
  test("reads lines from a named pipe, from one writer after the other", async () => {
    await makePipe();
    const port = listen({ format: "text", node: "emontx" });
    await port.opened;
    for (const count of [1, 2, 3]) {
      await using writer = await open(path, "w");
      await writer.write(`MSG:${count},P1:100\r\n`);
      const decoded = await port.next();
      expect(decoded?.messages).toMatchObject([{ node: "emontx", source: `serial:${path}`, timeMs: undefined }]);
      expect(values(decoded)).toEqual({ MSG: count, P1: 100 });
    }
    expect(port.errors).toEqual([]);
  });

  test("reads radio frames and telegrams", async () => {
    await makePipe();
    const radio = listen({ format: "jeelib" });
    await radio.opened;
    await using writer = await open(path, "w");
    await writer.write(`[RF12demo] A i1\r\n${toJeelib(8, Buffer.from([116, 9]), -63)}\r\n`);
    expect(values(await radio.next())).toEqual({ power1: 2_420, rssi: -63 });

    const meter = join(folder, "meter");
    await promisify(execFile)("mkfifo", [meter]);
    const telegrams = listen({ format: "p1", node: "home" }, meter);
    await telegrams.opened;
    await using meterWriter = await open(meter, "w");
    await meterWriter.write(toTelegram(["0-0:1.0.0(240704100000S)", "1-0:1.8.1(1.5*kWh)"]));
    const decoded = await telegrams.next();
    expect(decoded?.messages).toMatchObject([{ node: "home", timeMs: Date.parse("2024-07-04T08:00:00Z") }]);
    expect(values(decoded)).toEqual({ import_wh: 1_500 });
  });

  test("follows a file from its present end, and again when it was emptied", async () => {
    writeFileSync(path, "P1:1\n");
    const port = listen({ format: "text", node: "a" });
    await port.opened;
    appendFileSync(path, "P1:222222\n");
    expect(values(await port.next())).toEqual({ P1: 222_222 });
    writeFileSync(path, "P1:3\n");
    expect(values(await port.next())).toEqual({ P1: 3 });
  });

  test.skipIf(!existsSync(SCRIPT))("reads from a terminal device, and says when it is gone", async () => {
    const shell = spawn(SCRIPT, ["-qec", "stty -echo; tty; sleep 60", "/dev/null"], {
      stdio: ["pipe", "pipe", "ignore"],
    });
    closers.push(() => shell.kill("SIGKILL"));
    const [line] = (await once(createInterface({ input: shell.stdout }), "line")) as [string];
    const port = listen({ format: "text", node: "a" }, line.trim());
    await port.opened;
    expect(line).toMatch(/^\/dev\/pts\/\d+/u);
    shell.stdin.write("P1:5,E1:6\n");
    expect(values(await port.next())).toEqual({ P1: 5, E1: 6 });
    shell.kill("SIGKILL");
    await expect(port.failed).resolves.toBeInstanceOf(Error);
  });

  test("opens a port that is not there yet as soon as it is", async () => {
    const port = listen({ format: "text", node: "a" });
    expect((await port.failed).message).toMatch(/ENOENT/u);
    await makePipe();
    await port.opened;
    await using writer = await open(path, "w");
    await writer.write("P1:5\n");
    expect(values(await port.next())).toEqual({ P1: 5 });
  });

  test("says of a path that is none of these what it is not, and stops when it is told to", async () => {
    const port = listen({ format: "text", node: "a" }, folder);
    expect((await port.failed).message).toMatch(/is neither a tty nor a named pipe nor a file/u);
  });

  test("offers what the intake could not take until it does", async () => {
    await makePipe();
    const port = listen({ format: "text", node: "a" }, path, 1);
    await port.opened;
    await using writer = await open(path, "w");
    await writer.write("P1:5\nP1:6\n");
    expect(values(await port.next())).toEqual({ P1: 5 });
    expect(values(await port.next())).toEqual({ P1: 6 });
    expect(port.errors.map(({ message }) => message)).toEqual(["the disk is full"]);
  });

  test("names what it drops for its length", async () => {
    await makePipe();
    const port = listen({ format: "text", node: "a" });
    await port.opened;
    await using writer = await open(path, "w");
    await writer.write(`${"x".repeat(10_000)}\nP1:5\n`);
    const [first, second] = [await port.next(), await port.next()];
    expect([first, second].flatMap((decoded) => decoded?.refusals ?? [])).toMatchObject([
      { reason: "too-large", node: "a" },
    ]);
    expect([first, second].map(values)).toContainEqual({ P1: 5 });
  });
});
