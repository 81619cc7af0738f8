import { connect, createServer, type Server } from "node:net";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as pause } from "node:timers/promises";

import { parseEther } from "viem";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";

import { createEmonHub } from "./support/emonhub.ts";
import { freePort } from "./support/free-port.ts";
import { type LocalChain, startLocalChain } from "./support/local-chain.ts";
import { createOracleFolder, type OracleFolder } from "./support/oracle-process.ts";

const FRAMES = 60;
const FRAMES_A_BATCH = 10;
const READING_SECONDS = 10;

let chain: LocalChain;
let oracle: OracleFolder;
let port: number;
let key: string;

beforeAll(async () => {
  chain = await startLocalChain(Math.floor(Date.now() / 1000) - 86_400);
  port = await freePort();
  oracle = createOracleFolder(
    {
      rpcUrls: [chain.rpcUrl],
      http: { port, keysFile: "http-keys" },
      meters: [{ meter: 1, node: "home-1", fuseWatts: 17_250, inputs: [{ input: "E1", meaning: "importWh" }] }],
    },
    chain.deployment,
  );
  const create = ["keys", "create", "--meters", "1", "--submitter"];
  const { submitter } = await oracle.verb<{ submitter: `0x${string}` }>(...create);
  await chain.client.setBalance({ address: submitter, value: parseEther("10") });
  await chain.addMeter(1, chain.account(1).address);
  const registers = ["--import-register", "0", "--export-register", "0"];
  await chain.addDevice(1, await oracle.verb("possession", "--meter", "1", ...registers));
  ({ key } = await oracle.verb<{ key: string }>("keys", "http", "--node", "home-1"));
}, 60_000);

afterEach(() => {
  oracle.killAll();
});
afterAll(async () => {
  await chain.close();
  oracle.remove();
});

/** A line to the oracle on which something happens to the next reply. */
async function startLine(onReply: () => "pass" | "cut"): Promise<{ port: number; server: Server }> {
  const server = createServer((client) => {
    const upstream = connect(port, "127.0.0.1");
    const close = () => {
      client.destroy();
      upstream.destroy();
    };
    client.on("error", close).on("close", close).pipe(upstream);
    upstream.on("error", close).on("close", close);
    upstream.on("data", (data: Buffer) => {
      if (onReply() === "pass") client.write(data);
      else close();
    });
  });
  const linePort = await freePort();
  await new Promise<void>((resolve) => server.listen(linePort, "127.0.0.1", resolve));
  return { port: linePort, server };
}

describe("an emonHub that posts to the oracle", () => {
  test("loses nothing and has nothing counted twice through kill -9, before the reply and in the middle of a post", async () => {
    let running = await oracle.start();
    let fate: "pass" | "kill-on-reply" = "pass";
    let kills = 0;
    const kill = async () => {
      kills++;
      await running.end("SIGKILL");
    };
    let killed: Promise<void> = Promise.resolve();
    const line = await startLine(() => {
      if (fate === "pass") return "pass";
      // Stored, and nobody hears of it.
      killed = kill();
      return "cut";
    });
    const hub = createEmonHub({
      url: `http://127.0.0.1:${line.port}`,
      key,
      nowSeconds: () => Date.now() / 1000,
      compress: true,
    });
    const first = Math.floor(Date.now() / 1000) - FRAMES * READING_SECONDS;
    const counterAt = (frame: number) => 1_000_000 + 7 * frame;
    try {
      for (let frame = 0; frame < FRAMES; frame++) {
        hub.add([first + frame * READING_SECONDS, "home-1", { E1: counterAt(frame) }]);
        if ((frame + 1) % FRAMES_A_BATCH !== 0) continue;
        const round = (frame + 1) / FRAMES_A_BATCH;
        if (round % 3 === 1) {
          fate = "kill-on-reply";
          expect(await hub.flush()).toBe(false);
          await killed;
        } else if (round % 3 === 2) {
          // Anywhere between the arrival of the request and the reply.
          fate = "pass";
          const posting = hub.flush();
          await pause(round);
          await kill();
          await posting;
        }
        fate = "pass";
        if (round % 3 !== 0) running = await oracle.start();
        expect(await hub.flush()).toBe(true);
      }
      expect(kills).toBe(4);
      expect(hub.waiting()).toBe(0);

      // What an IoTaWatt would go on from, once the inbox is worked through.
      const asked = async () => (await fetch(`http://127.0.0.1:${port}/input/get?node=home-1&apikey=${key}`)).json();
      const last = first + (FRAMES - 1) * READING_SECONDS;
      await expect.poll(asked).toEqual({ E1: { time: last, value: null, processList: "" } });
      const health = await fetch(`http://127.0.0.1:${running.ports.board}/api/health`);
      expect(await health.json()).toMatchObject({ http: { keys: 1, refused: {} } });
      await running.end("SIGTERM");
    } finally {
      line.server.close();
    }

    const database = new DatabaseSync(join(oracle.folder, "data", "oracle.sqlite"), { readOnly: true });
    const rows = database.prepare("SELECT time_ms, body FROM inbox ORDER BY seq").all();
    const counted = database.prepare("SELECT sum(import_wh) AS wh FROM intervals WHERE meter = 1").get();
    database.close();
    // Every reading is there, some of them more often.
    const kept = new Map(rows.map((row) => [Number(row["time_ms"]), String(row["body"])]));
    const sent = Array.from({ length: FRAMES }, (_, frame) => [
      (first + frame * READING_SECONDS) * 1000,
      `{"E1":${counterAt(frame)}}`,
    ]);
    expect([...kept]).toEqual(sent);
    expect(rows.length).toBeGreaterThan(FRAMES);
    // And each counts once.
    expect(counted?.["wh"]).toBe(counterAt(FRAMES - 1) - counterAt(0));
    // The key is in no log.
    expect(JSON.stringify(running.lines)).not.toContain(key);
  });
});
