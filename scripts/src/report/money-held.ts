import type { Deployment } from "@commonwatt/sdk/deployment";
import { demoEuroAbi, neighbourhoodAbi } from "@commonwatt/sdk/generated/abis";

import type { ChainClient } from "../run/local-chain.ts";
import type { MoneyHeld } from "./audit-settlements.ts";

/** Reads what a neighbourhood holds now. */
export async function moneyHeld(client: ChainClient, deployment: Deployment): Promise<MoneyHeld> {
  const neighbourhood = { address: deployment.neighbourhood, abi: neighbourhoodAbi } as const;
  return {
    heldBaseUnits: await client.readContract({ ...neighbourhood, functionName: "heldBalance" }),
    treasuryBaseUnits: await client.readContract({ ...neighbourhood, functionName: "treasuryBalance" }),
    currencyBaseUnits: await client.readContract({
      address: deployment.currency,
      abi: demoEuroAbi,
      functionName: "balanceOf",
      args: [deployment.neighbourhood],
    }),
  };
}
