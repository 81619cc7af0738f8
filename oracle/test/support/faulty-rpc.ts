import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

export type Call = { id: number; method: string; params: unknown[] };

/**
 * What happens to a call: `pass` to the node; `hang` without an answer; `drop` the connection; `swallow`: it reaches the node,
 * and the connection breaks before the answer; or an answer of its own, or the node's one changed.
 */
export type Fault =
  | "pass"
  | "hang"
  | "drop"
  | "swallow"
  | { error: { code: number; message: string } }
  | { result: unknown }
  | { change: (result: unknown) => unknown };

/** A JSON-RPC endpoint before a real node, which fails and lies as it is told to. */
export type FaultyRpc = Awaited<ReturnType<typeof startFaultyRpc>>;

export async function startFaultyRpc(target: string) {
  let faultOf: (call: Call) => Fault = () => "pass";
  /** Methods in the order they were asked for. */
  const asked: string[] = [];

  async function forward(body: string): Promise<{ result?: unknown; error?: unknown }> {
    const headers = { "content-type": "application/json" };
    return (await (await fetch(target, { method: "POST", headers, body })).json()) as { result?: unknown };
  }

  async function answer(call: Call, body: string, response: ServerResponse): Promise<void> {
    const fault = faultOf(call);
    if (fault === "hang") return;
    if (fault === "swallow") await forward(body);
    if (fault === "swallow" || fault === "drop") {
      response.destroy();
      return;
    }
    const reply = { jsonrpc: "2.0", id: call.id };
    const said = (content: object) => response.end(JSON.stringify({ ...reply, ...content }));
    response.setHeader("content-type", "application/json");
    if (typeof fault === "object" && !("change" in fault)) {
      said(fault);
      return;
    }
    const truth = await forward(body);
    if (fault !== "pass" && truth.error === undefined) said({ result: fault.change(truth.result) });
    else said(truth);
  }

  const server = createServer((request, response) => {
    text(request)
      .then((body) => {
        const call = JSON.parse(body) as Call;
        asked.push(call.method);
        return answer(call, body, response);
      })
      .catch(() => {
        response.destroy();
      });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    /** Decides about each call from now on; left out, all of them pass. */
    misbehave(fault: (call: Call) => Fault = () => "pass"): void {
      faultOf = fault;
    },
    /** The same for calls of one method. */
    misbehaveAt(method: string, fault: Fault): void {
      faultOf = (call) => (call.method === method ? fault : "pass");
    },
    async close(): Promise<void> {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
