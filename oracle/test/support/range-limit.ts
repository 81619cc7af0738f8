import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

import { hexToBigInt, type Hex } from "viem";

type Call = { id: number; method: string; params: [{ fromBlock: Hex; toBlock: Hex }] };

/** Stands before a node and refuses, as public ones do, to read the logs of more than so many blocks at once. */
export async function limitRanges(target: string, maxBlocks: bigint) {
  /** Ranges that were let through. */
  const ranges: { from: bigint; to: bigint }[] = [];

  /** The refusal of a call, undefined when it may pass. */
  function refusalOf(call: Call): object | undefined {
    if (call.method !== "eth_getLogs") return undefined;
    const [{ fromBlock, toBlock }] = call.params;
    const [from, to] = [hexToBigInt(fromBlock), hexToBigInt(toBlock)];
    if (to - from < maxBlocks) {
      ranges.push({ from, to });
      return undefined;
    }
    const message = `block range is limited to ${maxBlocks}`;
    return { jsonrpc: "2.0", id: call.id, error: { code: -32_000, message } };
  }

  async function answer(request: IncomingMessage): Promise<string> {
    const body = await text(request);
    const refusal = refusalOf(JSON.parse(body) as Call);
    if (refusal !== undefined) return JSON.stringify(refusal);
    const headers = { "content-type": "application/json" };
    return (await fetch(target, { method: "POST", headers, body })).text();
  }

  const server = createServer((request, response) => {
    answer(request).then(
      (answered) => response.setHeader("content-type", "application/json").end(answered),
      (error: unknown) => response.destroy(error instanceof Error ? error : undefined),
    );
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ranges,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
