import type { Logger } from "pino";

import type { Endpoint } from "./endpoint.ts";
import type { Fault } from "./judge.ts";

type Standing = { endpoint: Endpoint; fault: Fault | undefined };

/**
 * Tells the operator when an endpoint is left and when it is back, each once.
 *
 * @param hasSpares - With a single endpoint the operator hears of a failure from whoever asked in vain.
 */
export function createSpokesman(log: Logger, hasSpares: boolean) {
  const said = new Map<Endpoint, Fault | undefined>();
  let told: string | undefined;

  function sentenceOf({ label, chainId, lastFailure }: Endpoint, fault: Fault): string {
    switch (fault) {
      case "wrong-chain":
        return `The RPC endpoint ${label} is on chain ${chainId ?? "?"}, the wrong one: it is not used`;
      case "failing":
        return `The RPC endpoint ${label} is left for a while: it ${lastFailure ?? "fails"}`;
      case "behind":
        return `The RPC endpoint ${label} is left: its latest block is too far behind the others'`;
      case "stalled":
        return `The RPC endpoint ${label} is left: its latest block does not move, while another endpoint's does`;
    }
  }

  return {
    look(standings: readonly Standing[]): void {
      for (const { endpoint, fault } of standings) {
        if (said.get(endpoint) === fault) continue;
        said.set(endpoint, fault);
        if (!hasSpares && fault !== "wrong-chain") continue;
        const facts = { endpoint: endpoint.label, head: endpoint.head };
        if (fault === undefined) {
          log.info({ event: "endpoint-back", ...facts }, `The RPC endpoint ${endpoint.label} is good again`);
        } else log.warn({ event: "endpoint-left", fault, ...facts }, sentenceOf(endpoint, fault));
      }
      const used = standings.find(({ fault }) => fault === undefined)?.endpoint.label;
      if (!hasSpares || used === told) return;
      if (used === undefined) {
        log.error(
          { event: "endpoints-down" },
          "No RPC endpoint is good: what waits for the chain waits, nothing is lost",
        );
      } else log.info({ event: "endpoint-used", endpoint: used }, `The RPC endpoint ${used} is used`);
      told = used;
    },
  };
}
