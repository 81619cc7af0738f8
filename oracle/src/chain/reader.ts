import { createPublicClient, custom, defineChain } from "viem";

import { agreed } from "./endpoints/agree.ts";
import type { RpcCall } from "./endpoints/endpoint.ts";
import type { Endpoints } from "./endpoints/endpoints.ts";

/** A client that reads, of any EVM chain that speaks JSON-RPC over HTTP: one endpoint's word, the next one's if it fails. */
export function createReader(endpoints: Endpoints) {
  return createClient(endpoints, (call) => endpoints.request(call));
}

/**
 * A client whose every answer is that of the majority, for what cannot be taken back. Ask it about a block by its number:
 * "latest" is another one at each endpoint.
 */
export function createCarefulReader(endpoints: Endpoints) {
  return createClient(endpoints, (call) => agreed(endpoints, call));
}

export type Reader = ReturnType<typeof createReader>;

function createClient({ chainId }: Endpoints, request: (call: RpcCall) => Promise<unknown>) {
  return createPublicClient({
    chain: defineChain({
      id: chainId,
      name: `chain ${chainId}`,
      nativeCurrency: { name: "Ether", symbol: "ETH", decimals: 18 },
      rpcUrls: { default: { http: [] } },
    }),
    // The endpoints stand in for each other: nobody else tries again.
    transport: custom({ request }, { retryCount: 0 }),
    // Every look must be a new one: answers of the same moment differ when the chain's time is simulated.
    cacheTime: 0,
  });
}
