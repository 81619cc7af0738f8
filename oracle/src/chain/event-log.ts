import type { Deployment } from "@commonwatt/sdk/deployment";
import { neighbourhoodAbi } from "@commonwatt/sdk/generated/abis";
import { DEFAULT_PAGE_BLOCKS, type MinedLog, readLogs } from "@commonwatt/sdk/ledger/logs";
import { type AbiEvent, type ContractEventName, getAbiItem, type ParseEventLogsReturnType, parseEventLogs } from "viem";

import type { Reader } from "./reader.ts";

type Abi = typeof neighbourhoodAbi;
type Name = ContractEventName<Abi>;

/** An event of the neighbourhood, with its values. */
export type Event<name extends Name = Name> = ParseEventLogsReturnType<Abi, name, true>[number];

export type Search<name extends Name> = {
  /** Inclusive: where the search begins, backwards. */
  toBlock: bigint;
  /** Unix seconds: what happened before is not looked for. */
  since: number;
  matches?: (event: Event<name>) => boolean;
};

/** The neighbourhood's events, read in ranges that a node which limits them accepts. */
export type EventLog = ReturnType<typeof createEventLog>;

export function createEventLog(
  reader: Reader,
  { neighbourhood, deploymentBlock }: Pick<Deployment, "neighbourhood" | "deploymentBlock">,
) {
  const firstBlock = BigInt(deploymentBlock);

  const read = (fromBlock: bigint, toBlock: bigint, names: readonly Name[]): Promise<MinedLog[]> =>
    readLogs(reader, {
      addresses: [neighbourhood],
      fromBlock,
      toBlock,
      // None named: all.
      ...(names.length === 0 ? {} : { events: names.map(abiEvent) }),
    });

  return {
    /** All events of a range of blocks, both ends inclusive, in the chain's order; only those named, if any are. */
    async between(fromBlock: bigint, toBlock: bigint, ...names: Name[]): Promise<Event[]> {
      return parseEventLogs({ abi: neighbourhoodAbi, logs: await read(fromBlock, toBlock, names) });
    },

    /**
     * The last event of a kind that matches: page by page backwards, so that what happened lately is found soon, and what
     * did not happen is not looked for in the chain's whole past.
     *
     * @throws CommonwattError when logs cannot be read; viem's errors when the node does not answer.
     */
    async last<name extends Name>(eventName: name, search: Search<name>): Promise<Event<name> | undefined> {
      const { since, matches = () => true } = search;
      let to = search.toBlock;
      while (to >= firstBlock) {
        const from = to - firstBlock < DEFAULT_PAGE_BLOCKS ? firstBlock : to - DEFAULT_PAGE_BLOCKS + 1n;
        const events = parseEventLogs({ abi: neighbourhoodAbi, eventName, logs: await read(from, to, [eventName]) });
        const found = (events as Event<name>[]).findLast(matches);
        if (found !== undefined) return found;
        const { timestamp } = await reader.getBlock({ blockNumber: from });
        if (timestamp < BigInt(since)) return undefined;
        to = from - 1n;
      }
      return undefined;
    },
  };
}

function abiEvent(name: Name): AbiEvent {
  return getAbiItem({ abi: neighbourhoodAbi, name });
}
