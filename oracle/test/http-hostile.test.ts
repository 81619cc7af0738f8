import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { deflateSync } from "node:zlib";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { ANY_KEY, type HttpScene, startHttpScene } from "./support/http-scene.ts";

let scene: HttpScene;
const sockets: Socket[] = [];
beforeEach(async () => {
  scene = await startHttpScene({
    bounds: {
      headersTimeoutMs: 300,
      requestTimeoutMs: 600,
      checkMs: 50,
      maxConnections: 20,
      maxHeldBytes: 4 * 1_048_576,
    },
  });
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await scene.close();
});

/** A client that does as it likes; its errors are nobody's. */
async function open(text = ""): Promise<Socket> {
  const socket = connect(scene.port, "127.0.0.1");
  sockets.push(socket);
  socket.on("error", () => undefined);
  await once(socket, "connect");
  if (text !== "") socket.write(text);
  return socket;
}

/** Resolves when a connection is closed, however that came. */
function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.closed) resolve();
    else
      socket.once("close", () => {
        resolve();
      });
  });
}

/** All that a connection answers until it is closed. */
async function answerOn(socket: Socket): Promise<string> {
  let text = "";
  socket.setEncoding("latin1").on("data", (chunk: string) => (text += chunk));
  await closed(socket);
  return text;
}

async function send(query = "json={power1:1}", key = ANY_KEY): Promise<number> {
  const response = await fetch(`${scene.url}/input/post?node=emontx&${query}&apikey=${key}`);
  await response.text();
  return response.status;
}

const head = (lines: string) =>
  `POST /input/bulk HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ${ANY_KEY}\r\n${lines}\r\n`;

describe("a hostile client", () => {
  test("that dawdles with its headers or its body is cut off", async () => {
    const slowHead = await open("POST /input/bulk HTTP/1.1\r\nhost: a\r\n");
    const slowBody = await open(head("content-length: 1000\r\n"));
    const drip = setInterval(() => {
      slowHead.write("x-a: b\r\n");
      slowBody.write("a");
    }, 20);
    try {
      const [first, second] = await Promise.all([answerOn(slowHead), answerOn(slowBody)]);
      // Who still sends when it is closed may not get to read why.
      expect(first).toMatch(/^(HTTP\/1\.1 408 .*)?$/su);
      expect(second).toMatch(/^(HTTP\/1\.1 408 .*)?$/su);
    } finally {
      clearInterval(drip);
    }
    expect(await send()).toBe(200);
  });

  test("that never ends its headers, or its body, is not waited for as long as a slow sender is", async () => {
    await scene.close();
    scene = await startHttpScene({ bounds: { headersTimeoutMs: 300, requestTimeoutMs: 60_000, checkMs: 50 } });
    expect(await answerOn(await open("POST /input/bulk HTTP/1.1\r\nhost: a\r\n"))).toMatch(/^HTTP\/1\.1 408 /u);
    const endless = await open(head("transfer-encoding: chunked\r\n"));
    for (let count = 0; count < 24; count++) endless.write(`40000\r\n${"a".repeat(0x40000)}\r\n`);
    expect(await answerOn(endless)).toMatch(/^(HTTP\/1\.1 413 .*)?$/su);
  });

  test("that holds all connections loses them to the others", async () => {
    const held = await Promise.all(Array.from({ length: 60 }, () => open("POST /input/bulk HTTP/1.1\r\nhost: a\r\n")));
    expect(await send()).toBe(200);
    expect(scene.report().connections).toBeLessThanOrEqual(20);
    expect(held.filter(({ closed }) => closed).length).toBeGreaterThanOrEqual(40);
  });

  test("that holds bodies back loses them to the others, and memory stays bounded", async () => {
    const half = Buffer.alloc(600_000, 0x61);
    const held = await Promise.all(Array.from({ length: 12 }, () => open(head("content-length: 1000000\r\n"))));
    for (const socket of held) socket.write(half);
    // 12 x 600 kB do not fit into 4 MiB: the oldest give way.
    await Promise.race(held.map(closed));
    const body = `time=0&data=[[0,10,1]]`;
    const response = await fetch(`${scene.url}/input/bulk`, {
      method: "POST",
      headers: { authorization: `Bearer ${ANY_KEY}`, "content-type": "application/x-www-form-urlencoded" },
      body,
    });
    expect(await response.text()).toBe("ok");
  });

  test("that announces or streams too much is told so and cut off", async () => {
    const announced = await open(head("content-length: 99999999999\r\n"));
    const streamed = await open(head("transfer-encoding: chunked\r\n"));
    const chunk = `40000\r\n${"a".repeat(0x40000)}\r\n`;
    for (let count = 0; count < 6; count++) streamed.write(chunk);
    streamed.write("0\r\n\r\n");
    const answers = await Promise.all([answerOn(streamed), answerOn(announced)]);
    expect(answers[0]).toMatch(/^HTTP\/1\.1 413 /u);
    expect(answers[1]).toMatch(/^(HTTP\/1\.1 4(13|08) .*)?$/su);
    expect(await send()).toBe(200);
  });

  test("that sends bombs, deep JSON, strange numbers and names costs little, and the others nothing", async () => {
    const deep = "[".repeat(900_000);
    const bodies = [
      deflateSync(Buffer.alloc(200 * 1_048_576, 0x5b)),
      deflateSync(deep + "]".repeat(900_000)),
      deflateSync(`[${"[],".repeat(1_000_000)}[]]`),
      deflateSync('[[0,"__proto__",{"__proto__":1,"constructor":1e308,"toString":1e999}]]'),
      deflateSync('[[0,"\\u0000\\n<script>",1],[0,"\'; DROP TABLE inbox; --",1],[0,"../../etc/passwd",1]]'),
    ];
    // Processor time, not the clock: other work on the machine is none of theirs.
    const started = process.cpuUsage();
    for (const body of bodies) {
      const response = await fetch(`${scene.url}/input/bulk?cb=1&time=0`, {
        method: "POST",
        headers: { authorization: `Bearer ${ANY_KEY}` },
        body,
      });
      expect([200, 413]).toContain(response.status);
      expect(await response.text()).not.toMatch(/\n|node:/u);
      expect(await send()).toBe(200);
    }
    expect(process.cpuUsage(started).user / 1000).toBeLessThan(5_000);
    expect(Object.prototype).not.toHaveProperty("1");
    expect((await scene.rows()).every(({ node }) => node === "emontx")).toBe(true);
  });

  test("that guesses keys is slowed down; a right key from the same address still counts", async () => {
    const guesses = await Promise.all(
      Array.from({ length: 80 }, (_, guess) => send("csv=1", String(guess).padStart(32, "0"))),
    );
    const count = (wanted: number) => guesses.filter((status) => status === wanted).length;
    // One more comes free with each second that this takes.
    expect(count(401)).toBeGreaterThanOrEqual(60);
    expect(count(429)).toBeGreaterThanOrEqual(5);
    expect(count(401) + count(429)).toBe(80);
    expect(await send()).toBe(200);
    expect(scene.report().refused).toEqual({ 401: count(401), 429: count(429) });
  });

  test("that speaks no HTTP is answered and closed", async () => {
    for (const text of ["\u0000\u0001\u0002\r\n\r\n", "GET\r\n\r\n", `GET /${"a".repeat(40_000)} HTTP/1.1\r\n\r\n`]) {
      expect(await answerOn(await open(text))).toMatch(/^HTTP\/1\.1 4\d\d /u);
    }
    expect(await send()).toBe(200);
  });

  test("invents 10,000 nodes: they are counted, and nothing of them is stored", async () => {
    for (let batch = 0; batch < 10; batch++) {
      const rows = Array.from({ length: 1_000 }, (_, index) => [0, `stranger ${batch * 1_000 + index}`, 1]);
      const response = await fetch(`${scene.url}/input/bulk?cb=1&time=0`, {
        method: "POST",
        headers: { authorization: `Bearer ${ANY_KEY}` },
        body: deflateSync(JSON.stringify(rows)),
      });
      expect(await response.text()).toBe("ok");
    }
    expect(await scene.rows()).toEqual([]);
    expect(scene.refusals()).toEqual({ "unknown-input": 10_000 });
  });
});

describe("a key", () => {
  test("may make so many requests a minute; the next are to wait, and another key need not", async () => {
    await scene.close();
    scene = await startHttpScene({ requestsPerMinute: 3 });
    const statuses: number[] = [];
    for (let count = 0; count < 5; count++) statuses.push(await send());
    expect(statuses).toEqual([200, 200, 200, 429, 429]);
    const response = await fetch(`${scene.url}/input/post?json={power1:1}&apikey=${ANY_KEY}`);
    expect([response.status, response.headers.get("retry-after")]).toEqual([429, "5"]);
    expect(await send("csv=1", "ffeeddccbbaa99887766554433221100")).toBe(200);
  });
});

describe("when nothing can be stored", () => {
  test("the sender is told to keep what it has, in words that do not make an emonHub throw it away", async () => {
    await scene.close();
    scene = await startHttpScene({ intake: { take: () => Promise.reject(new Error("the disk is full")) } });
    const response = await fetch(`${scene.url}/input/post?node=emontx&json={power1:1}&apikey=${ANY_KEY}`);
    expect([response.status, response.headers.get("retry-after")]).toEqual([503, "5"]);
    const text = await response.text();
    expect(text).not.toContain("Format error");
    expect(text).not.toContain("disk");
  });
});
