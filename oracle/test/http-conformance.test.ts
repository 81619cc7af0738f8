import { readFileSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { fileURLToPath } from "node:url";

import { describe, expect, test } from "vitest";

import { CONFORMANCE, type ConformanceCase } from "./support/http-conformance.ts";
import { renderConformance, sameTable } from "./support/render-conformance.ts";
import { startHttpScene } from "./support/http-scene.ts";

const DOCUMENT = fileURLToPath(new URL("../../docs/emoncms-api.md", import.meta.url));
const BEGIN = "<!-- The tables below are made from oracle/test/support/http-conformance.ts -->";

describe("the Emoncms HTTP input API, byte for byte", () => {
  for (const [chapter, cases] of Object.entries(CONFORMANCE)) {
    describe(chapter, () => {
      test.each(cases)("$shows", async (entry) => {
        const scene = await startHttpScene();
        try {
          const { status, headers, body } = await send(scene.port, entry);
          expect({ status, body }).toEqual({ status: entry.reply.status, body: entry.reply.body });
          expect(headers["content-type"]).toBe(entry.reply.type ?? "text/plain;charset=UTF-8");
          expect(headers["x-content-type-options"]).toBe("nosniff");
          expect(Object.keys(headers).filter((name) => name.startsWith("access-control"))).toEqual([]);
          if (status === 401) expect(headers["www-authenticate"]).toMatch(/^Bearer realm="/u);
          // What is answered is on disk by then.
          expect(await scene.rows()).toEqual(entry.rows);
        } finally {
          await scene.close();
        }
      });
    });
  }

  test("is what the documentation says", () => {
    const tables = renderConformance(CONFORMANCE);
    const text = readFileSync(DOCUMENT, "utf8");
    const at = text.indexOf(BEGIN);
    expect(at).toBeGreaterThan(0);
    if (process.env["UPDATE_DOCS"] === "1") writeFileSync(DOCUMENT, `${text.slice(0, at)}${BEGIN}\n\n${tables}`);
    else expect(sameTable(text.slice(at + BEGIN.length))).toEqual(sameTable(tables));
  });
});

/** Sends a request as it stands: a client such as fetch would tidy up its target first. */
async function send(
  port: number,
  { method, target, headers, body }: ConformanceCase,
): Promise<{ status: number; headers: Record<string, unknown>; body: string }> {
  const outgoing = request({
    port,
    host: "127.0.0.1",
    method,
    path: encodeURI(target).replaceAll("%25", "%"),
    headers,
  });
  const reply = Promise.withResolvers<{ status: number; headers: Record<string, unknown>; body: string }>();
  outgoing.on("error", reply.reject).on("response", (response) => {
    let text = "";
    response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
    response.on("end", () => {
      reply.resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text });
    });
  });
  outgoing.end(body);
  return reply.promise;
}
