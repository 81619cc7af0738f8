import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";
import type { Deployment } from "@commonwatt/sdk/deployment";
import type { Address } from "viem";

import { openChain } from "../chain/open.ts";
import { createRecorder } from "../chain/recorder.ts";
import type { Config } from "../config/schema.ts";
import { createLog } from "../log.ts";

const LOOKUPS_AT_ONCE = 32;
const NOBODY: Address = "0x0000000000000000000000000000000000000000";

/**
 * Asks the chain for the last day that each device has on it.
 *
 * @throws CommonwattError when no endpoint answers.
 */
export async function lastDaysOnChain(
  config: Pick<Config, "rpcUrls" | "rpc" | "timing">,
  deployment: Deployment,
  devices: readonly Address[],
): Promise<Map<Address, number>> {
  const endpoints = await openChain(config, deployment, createLog("silent")).catch((error: unknown) => {
    throw new CommonwattError(
      `The chain must be asked which days were recorded since the backup, and it does not answer: ${error instanceof Error ? error.message : String(error)}. Mend rpcUrls, or give --offline if it is certain that none was`,
    );
  });
  try {
    const { confirmations } = config.timing;
    const recorder = createRecorder(endpoints, deployment, { account: NOBODY, confirmations });
    const found = new Map<Address, number>();
    for (let index = 0; index < devices.length; index += LOOKUPS_AT_ONCE) {
      const some = devices.slice(index, index + LOOKUPS_AT_ONCE);
      const states = await Promise.all(some.map((device) => recorder.device(device)));
      for (const [position, { meter, lastDay }] of states.entries()) {
        const device = some[position];
        if (meter !== 0 && device !== undefined) found.set(device, lastDay);
      }
    }
    return found;
  } finally {
    endpoints.close();
  }
}
