import { type AbiEvent, type Client, getAbiItem } from "viem";
import { getBlockNumber, readContract } from "viem/actions";

import { energyTokenAbi, neighbourhoodAbi } from "../generated/abis.ts";
import { assembleLedger } from "./assemble.ts";
import { decodeLog, logPosition } from "./decode.ts";
import { type MinedLog, readLogs } from "./logs.ts";
import type { Ledger, LedgerDeployment, LedgerEvent, Position } from "./types.ts";

export type ReadLedgerOptions = {
  /** First block, inclusive. Left out: the deployment's, which alone gives whole sums. */
  fromBlock?: bigint;
  /** Last block, inclusive. Left out: the latest when the reading begins. */
  toBlock?: bigint;
  /** Most blocks of one request. */
  pageBlocks?: bigint;
  signal?: AbortSignal;
};

/** What must be known of the time before `fromBlock` to judge what comes after. */
const HISTORY_EVENTS: readonly AbiEvent[] = (
  ["MeterRegistered", "CapChanged", "DeviceRegistered", "DeviceRotated", "DeviceRevoked", "TariffQueued"] as const
).map((name) => getAbiItem({ abi: neighbourhoodAbi, name }));

/**
 * Reads all that neighbourhood, token and marketplace ever logged, from nothing but a node and their addresses, and puts
 * it together to plain data in the order of the chain.
 *
 * @param client - Any viem client with a connection to the chain.
 * @throws CommonwattError when logs cannot be read; viem's errors otherwise; the
 * signal's reason when aborted.
 */
export async function readLedger(
  client: Client,
  deployment: LedgerDeployment,
  options: ReadLedgerOptions = {},
): Promise<Ledger> {
  const deployedAt = BigInt(deployment.deploymentBlock);
  const fromBlock = options.fromBlock ?? deployedAt;
  const toBlock = options.toBlock ?? (await getBlockNumber(client, { cacheTime: 0 }));
  const { neighbourhood, token, marketplace } = deployment;
  const paging = {
    ...(options.pageBlocks === undefined ? {} : { pageBlocks: options.pageBlocks }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  };

  const complete = fromBlock <= deployedAt;
  const earlierLogs = complete
    ? []
    : await readLogs(client, {
        addresses: [neighbourhood],
        events: HISTORY_EVENTS,
        fromBlock: deployedAt,
        toBlock: fromBlock - 1n,
        ...paging,
      });
  const logs = await readLogs(client, {
    addresses: [neighbourhood, token, marketplace],
    fromBlock,
    toBlock,
    ...paging,
  });
  const retirementWindowDays = Number(
    await readContract(client, { address: token, abi: energyTokenAbi, functionName: "retirementWindowDays" }),
  );

  const { events, unknownLogs } = decodeAll(deployment, logs);
  const entries = assembleLedger(decodeAll(deployment, earlierLogs).events, events);
  return { fromBlock, toBlock, complete, retirementWindowDays, unknownLogs, ...entries };
}

function decodeAll(
  deployment: LedgerDeployment,
  logs: readonly MinedLog[],
): { events: LedgerEvent[]; unknownLogs: Position[] } {
  const events: LedgerEvent[] = [];
  const unknownLogs: Position[] = [];
  for (const log of logs) {
    const event = decodeLog(deployment, log);
    if (event === undefined) unknownLogs.push(logPosition(log));
    else events.push(event);
  }
  return { events, unknownLogs };
}
