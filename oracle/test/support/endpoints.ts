import { pino } from "pino";

import { createEndpoints, type Endpoints, type EndpointsOptions } from "../../src/chain/endpoints/endpoints.ts";

/** Endpoints of a test chain, in their order. */
export function testEndpoints(rpcUrls: string | readonly string[], options: Partial<EndpointsOptions> = {}): Endpoints {
  return createEndpoints({
    rpcUrls: typeof rpcUrls === "string" ? [rpcUrls] : rpcUrls,
    chainId: 31_337,
    timeoutSeconds: 20,
    behindBlocks: 5,
    stalledSeconds: 120,
    log: pino({ level: "silent" }),
    ...options,
  });
}
