import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { closeSite, serveSite } from "./server.ts";

const parent = mkdtempSync(join(tmpdir(), "commonwatt-site-"));
const folder = join(parent, "site");
let backend: Server;
let site: Server;
let port: number;

beforeAll(async () => {
  mkdirSync(folder);
  writeFileSync(join(parent, "secret.txt"), "secret");
  writeFileSync(join(folder, "index.html"), "<p>dApp</p>");
  writeFileSync(join(folder, "app.js"), "1;");
  backend = createServer((incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
    incoming.on("end", () => {
      response.writeHead(201, { "content-type": "application/json" });
      response.end(JSON.stringify({ path: incoming.url, body: Buffer.concat(chunks).toString() }));
    });
  });
  await new Promise<void>((resolve) => backend.listen(0, "127.0.0.1", resolve));
  const backendUrl = `http://127.0.0.1:${(backend.address() as AddressInfo).port}`;
  site = await serveSite({ folder, deployment: '{"name":"x"}', rpcUrl: `${backendUrl}/`, boardUrl: backendUrl }, 0);
  port = (site.address() as AddressInfo).port;
});

afterAll(async () => {
  await closeSite(site);
  await closeSite(backend);
  rmSync(parent, { recursive: true });
});

/** Plain HTTP, so that paths and headers go out exactly as written. */
async function get(path: string, options: { host?: string; method?: string; body?: string } = {}) {
  return new Promise<{ status: number; type: string; text: string }>((resolve, reject) => {
    const { host = `localhost:${port}`, method = "GET", body } = options;
    const outgoing = request({ host: "127.0.0.1", port, path, method, headers: { host } }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => {
        const type = response.headers["content-type"] ?? "";
        resolve({ status: response.statusCode ?? 0, type, text: Buffer.concat(chunks).toString() });
      });
    });
    outgoing.once("error", reject);
    outgoing.end(body);
  });
}

describe("the dApp's server", () => {
  it("serves files, and the dApp for the paths of its screens", async () => {
    expect(await get("/app.js")).toMatchObject({ status: 200, type: "text/javascript; charset=utf-8", text: "1;" });
    for (const path of ["/", "/ledger", "/ledger/2026-06-01"]) {
      expect(await get(path)).toMatchObject({ status: 200, text: "<p>dApp</p>" });
    }
    expect(await get("/none.js")).toMatchObject({ status: 404 });
  });

  it("serves the run's deployment", async () => {
    expect(await get("/deployment.json")).toMatchObject({ status: 200, text: '{"name":"x"}' });
  });

  it("passes /rpc to the chain and /api to the board", async () => {
    expect(await get("/rpc", { method: "POST", body: "ping" })).toMatchObject({
      status: 201,
      text: '{"path":"/","body":"ping"}',
    });
    expect((await get("/api/offers?meter=1")).text).toBe('{"path":"/api/offers?meter=1","body":""}');
  });

  it("never leaves its folder", async () => {
    for (const path of ["/../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt", "/%00", "/%zz"]) {
      expect((await get(path)).text).not.toContain("secret");
    }
    expect((await get("/%2e%2e%2fsecret.txt")).status).toBe(404);
  });

  it("answers no other name than this machine's, and no other methods", async () => {
    expect((await get("/", { host: "evil.example" })).status).toBe(403);
    expect((await get("/", { method: "POST" })).status).toBe(405);
  });
});
