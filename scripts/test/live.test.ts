import { getAddress } from "viem";
import { describe, expect, it } from "vitest";

import { portFrom } from "../src/run/ports.ts";
import { waitFor } from "../src/run/wait.ts";
import { descendants, isAlive, printed, start } from "./processes.ts";

const TIMEOUT_MS = 600_000;

describe("npm start", () => {
  it(
    "serves the dApp of a living neighbourhood, and leaves no process behind after Ctrl-C",
    async () => {
      const run = start(["--mode", "mixed", "--day-seconds", "10", "--port", String(await portFrom(6_200))]);
      try {
        const [, origin = ""] = await printed(run, /Open (http:\S+)/u);
        const page = await fetch(origin);
        expect(await page.text()).toContain("<html");
        const deployment = (await (await fetch(`${origin}/deployment.json`)).json()) as Record<string, string>;
        expect(getAddress(deployment["neighbourhood"] ?? "")).toBe(deployment["neighbourhood"]);
        const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "eth_chainId", params: [] });
        const rpc = { method: "POST", headers: { "content-type": "application/json" }, body };
        expect(await (await fetch(`${origin}/rpc`, rpc)).json()).toMatchObject({ result: "0x7a69" });
        expect(await (await fetch(`${origin}/api/health`)).json()).toMatchObject({ status: "ok" });

        await printed(run, /2026-06-01, sharing: .* shared /u);
        await printed(run, /2026-06-01, by hand: .* sold for /u);
        const offers = (await (await fetch(`${origin}/api/offers`)).json()) as { offers: unknown[] };
        expect(offers.offers.length).toBeGreaterThan(0);

        // Chain, oracle and the oracle's signer.
        const pids = await descendants(run.process.pid ?? 0);
        expect(pids.length).toBeGreaterThanOrEqual(3);
        run.process.kill("SIGINT");
        expect(await run.ended, run.output()).toBe(0);
        expect(pids.filter(isAlive)).toEqual([]);
        await expect(fetch(origin)).rejects.toThrow();
      } finally {
        run.process.kill("SIGKILL");
      }
    },
    TIMEOUT_MS,
  );

  it.each(["SIGTERM", "SIGKILL"] as const)(
    "leaves no process behind when %s ends it in the middle of its start",
    async (signal) => {
      const run = start([]);
      try {
        await printed(run, /Enrolling/u);
        const pids = await descendants(run.process.pid ?? 0);
        expect(pids.length).toBeGreaterThanOrEqual(1);
        run.process.kill(signal);
        expect(await run.ended, run.output()).toBe(signal === "SIGKILL" ? signal : 0);
        // Killed outright, it cannot end its processes: they notice within a second or two.
        await waitFor("them to end", () => pids.every((pid) => !isAlive(pid)), {
          timeoutMs: signal === "SIGKILL" ? 120_000 : 0,
        });
      } finally {
        run.process.kill("SIGKILL");
      }
    },
    TIMEOUT_MS,
  );
});
