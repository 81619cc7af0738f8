import { readLedger } from "@commonwatt/sdk/ledger/read";
import type { Ledger, ProfileEntry } from "@commonwatt/sdk/ledger/types";
import { type Day, isoDay } from "@commonwatt/sdk/time";

import type { Neighbourhood } from "./neighbourhood.ts";
import { waitFor } from "./wait.ts";

/** How long the oracle may take to sign and record a day of the whole street. */
const RECORD_TIMEOUT_MS = 120_000;

/** Reads the ledger onwards: each block once. */
export class LedgerReader {
  readonly #neighbourhood: Pick<Neighbourhood, "chain" | "deployment">;
  #nextBlock: bigint;

  constructor(neighbourhood: Pick<Neighbourhood, "chain" | "deployment">) {
    this.#neighbourhood = neighbourhood;
    this.#nextBlock = BigInt(neighbourhood.deployment.deploymentBlock);
  }

  /** What has been added to the chain since the last call. */
  async next(): Promise<Ledger | undefined> {
    const { chain, deployment } = this.#neighbourhood;
    const latest = await chain.client.getBlockNumber();
    if (latest < this.#nextBlock) return undefined;
    const ledger = await readLedger(chain.client, deployment, { fromBlock: this.#nextBlock, toBlock: latest });
    this.#nextBlock = latest + 1n;
    return ledger;
  }
}

/**
 * Waits until the oracle has recorded a day of all these meters.
 *
 * @returns The recorded profiles.
 * @throws Error naming the meters that are missing.
 */
export async function waitForProfiles(
  reader: LedgerReader,
  meters: readonly number[],
  day: Day,
  signal: AbortSignal,
): Promise<ProfileEntry[]> {
  const profiles: ProfileEntry[] = [];
  const missing = (): readonly number[] =>
    meters.filter((meter) => !profiles.some((profile) => profile.meter === meter));
  await waitFor(
    `the profiles of ${isoDay(day)}`,
    async () => {
      const added = await reader.next();
      profiles.push(...(added?.profiles.filter((profile) => profile.day === day) ?? []));
      return missing().length === 0;
    },
    {
      timeoutMs: RECORD_TIMEOUT_MS,
      signal,
      explain: () => `Not recorded: meters ${missing().join(", ")}.`,
    },
  );
  return profiles;
}
