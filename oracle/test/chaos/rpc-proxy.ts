import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

import type { RpcFault } from "./plan.ts";

/** Stands between the oracle and its node, and is as unreliable as it is told to be. */
export type RpcProxy = Awaited<ReturnType<typeof startRpcProxy>>;

type Call = { id?: unknown; method?: string };

/** A request that hangs is cut off after this, so that a run does not wait for the longest timeouts. */
const HANG_MS = 1_500;
/** However few requests come: an oracle that ends for want of a node asks little before it starts again. */
const LONGEST_FAULT_MS = 6_000;
/** How far off a count of transactions is said to be. */
const LIE = 3;

/** @param onRequest - Called for every request that comes in, and for every reply that goes out. */
export async function startRpcProxy(target: string, onRequest: () => void) {
  let fault: { kind: RpcFault; left: number; untilMs: number } | undefined;
  let gate: Promise<void> | undefined;
  let open: () => void = () => undefined;
  const faults = new Map<RpcFault, number>();
  const pending = new Set<Promise<void>>();

  function nextFault(): RpcFault | undefined {
    if (fault === undefined || performance.now() > fault.untilMs) return undefined;
    const { kind } = fault;
    if (--fault.left <= 0) fault = undefined;
    faults.set(kind, (faults.get(kind) ?? 0) + 1);
    return kind;
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await read(request);
    await gate;
    onRequest();
    const kind = nextFault();
    const reply = (status: number, text: string) => {
      response.writeHead(status, { "content-type": "application/json" }).end(text);
    };
    if (kind === "hang") {
      await new Promise((resolve) => setTimeout(resolve, HANG_MS));
      response.destroy();
      return;
    }
    if (kind === "http-error") {
      reply(503, "upstream is busy");
      return;
    }
    if (kind === "rpc-error") {
      const call = JSON.parse(body) as Call;
      reply(200, JSON.stringify({ jsonrpc: "2.0", id: call.id ?? null, error: { code: -32_000, message: "busy" } }));
      return;
    }
    const headers = { "content-type": "application/json" };
    const answered = await fetch(target, { method: "POST", headers, body }).catch(() => undefined);
    const text = await answered?.text().catch(() => undefined);
    onRequest();
    // The node has done what it was asked for; nobody hears of it.
    if (text === undefined || kind === "drop-reply") response.destroy();
    else if (kind === "garbage") reply(200, text.slice(0, text.length / 2));
    else reply(200, kind === undefined ? text : lie(kind, body, text));
  }

  const server = createServer((request, response) => {
    const done = answer(request, response)
      .catch(() => {
        response.destroy();
      })
      .finally(() => pending.delete(done));
    pending.add(done);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** The next `requests` requests meet this, for some seconds at most. */
    fail(kind: RpcFault, requests: number) {
      fault = { kind, left: requests, untilMs: performance.now() + LONGEST_FAULT_MS };
    },
    heal() {
      fault = undefined;
    },
    /** Lets nothing through until `release`. */
    hold() {
      gate ??= new Promise((resolve) => {
        open = resolve;
      });
    },
    release() {
      open();
      gate = undefined;
    },
    /** How many requests met which fault. */
    faults: () => Object.fromEntries(faults),
    async close(): Promise<void> {
      open();
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}

/** Says that an account has sent more, or fewer, transactions than it has. */
function lie(kind: RpcFault, body: string, text: string): string {
  if (kind !== "nonce-ahead" && kind !== "nonce-behind") return text;
  const { method } = JSON.parse(body) as Call;
  if (method !== "eth_getTransactionCount") return text;
  const truth = JSON.parse(text) as { result?: string };
  if (truth.result === undefined) return text;
  const told = Math.max(Number(truth.result) + (kind === "nonce-ahead" ? LIE : -LIE), 0);
  return JSON.stringify({ ...truth, result: `0x${told.toString(16)}` });
}
