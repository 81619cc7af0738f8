import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { once } from "node:events";

import { pino } from "pino";
import { afterEach, describe, expect, test } from "vitest";

import { ANY_KEY, type HttpScene, SCENE_NOW, startHttpScene } from "./support/http-scene.ts";

let scene: HttpScene | undefined;
afterEach(async () => {
  await scene?.close();
  scene = undefined;
});

/** A server with a log that the test can read. */
async function startLogged(overrides: Parameters<typeof startHttpScene>[0] = {}) {
  const lines: string[] = [];
  const log = pino({}, { write: (line: string) => lines.push(line) });
  scene = await startHttpScene({ ...overrides, log });
  const { url } = scene;
  return { lines, get: async (query: string) => (await fetch(`${url}/input/${query}&apikey=${ANY_KEY}`)).text() };
}

describe("the log of the HTTP input", () => {
  test("names no value: it may be one of a use, which is the household's business", async () => {
    const { lines, get } = await startLogged();
    const rows = JSON.stringify([[SCENE_NOW, "emontx", { power1: "about 4711 W" }]]);
    expect(await get(`bulk?time=0&data=${encodeURIComponent(rows)}`)).toContain("no row can be used: not-a-number");
    expect(await get("post?node=emontx&json={power1:x4711}")).toContain("json value is not numeric");
    expect(lines.filter((line) => line.includes("http-refused"))).toHaveLength(2);
    expect(lines.join("")).not.toContain("4711");
  });

  test("is not filled by requests that cannot be stored, on a disk that may be full already", async () => {
    const { lines, get } = await startLogged({ intake: { take: () => Promise.reject(new Error("the disk is full")) } });
    for (let count = 0; count < 60; count++) await get("post?node=emontx&csv=1");
    const told = lines.filter((line) => line.includes("http-not-stored"));
    expect(told.length).toBeGreaterThan(0);
    expect(told.length).toBeLessThanOrEqual(20);
    expect(told[0]).toContain("the disk is full");
  });
});

test("the HTTP input names the address that it cannot listen on", async () => {
  const taken = createServer().listen(0, "127.0.0.1");
  await once(taken, "listening");
  const { port } = taken.address() as AddressInfo;
  await expect(startHttpScene({ port })).rejects.toThrow(`The HTTP input cannot listen on 127.0.0.1:${port}: `);
  taken.close();
});
