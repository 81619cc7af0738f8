import type { Config } from "wagmi";

import type { Deployment } from "@commonwatt/sdk/deployment";
import { neighbourhoodAbi } from "@commonwatt/sdk/generated/abis";
import type { Settings } from "@commonwatt/sdk/settlement/types";

import { call, transactionSteps } from "../chain/transactions.ts";
import type { Flow } from "./flow.ts";

/** Queues new settings for a meter, from tomorrow on. */
export function settingsFlow(config: Config, deployment: Deployment, meter: number, settings: Settings): Flow {
  return {
    title: "Change how this meter trades",
    doneMessage: "The change is planned. Until it begins, the meter trades as it does now.",
    steps: transactionSteps(
      config,
      "settings",
      {
        check: "Check that the neighbourhood takes the change",
        confirm: "Confirm in your wallet",
        wait: "Wait until it is on the chain",
      },
      () =>
        call({
          address: deployment.neighbourhood,
          abi: neighbourhoodAbi,
          functionName: "setSettings",
          args: [meter, settings],
        }),
    ),
  };
}
