import type { Deployment } from "@commonwatt/sdk/deployment";
import { neighbourhoodAbi } from "@commonwatt/sdk/generated/abis";
import type { SignedProfile } from "@commonwatt/sdk/profile-signing";
import { decodePayments } from "@commonwatt/sdk/settlement/logged";
import type { DeviceState, MarketState, Settings, Tariff } from "@commonwatt/sdk/settlement/types";
import { day, dayEnd, SECONDS_PER_DAY } from "@commonwatt/sdk/time";
import {
  type Address,
  BaseError,
  BlockNotFoundError,
  ContractFunctionRevertedError,
  type Hash,
  type Hex,
  parseEventLogs,
  type TransactionReceipt,
  zeroAddress,
} from "viem";

import type { Reader } from "./reader.ts";
import { createEventLog } from "./event-log.ts";

/** How far before the current window a settlement is looked for: it is only told, nothing is decided by it. */
const SETTLED_WITHIN_SECONDS = 3 * SECONDS_PER_DAY;

/** The contract's `market`, as far as the operator needs it. */
export type MarketOnChain = MarketState & { paused: boolean; forcedCount: number };

/** A registered meter: its current device, or the last one when revoked, and the changes that are queued. */
export type MeterOnChain = {
  meter: number;
  device: Address;
  state: DeviceState;
  settings: { effectiveDay: number; settings: Settings } | undefined;
  /** Effective day of the queued device. */
  deviceDay: number | undefined;
};

/** What happened in a range of blocks: which meters it concerned, and which days were settled, in order. */
export type Happenings = { meters: Set<number>; settledDays: number[] };

/** A window as its events tell it. */
export type WindowEvents = {
  /** In the order of forcing. */
  forced: { meter: number; device: Address; profile: SignedProfile }[];
  /** Meters whose device was revoked while it was open. */
  revoked: Set<number>;
};

/** A day's settlement, whoever sent it. */
export type SettledDay = {
  transactionHash: Hex;
  meters: Set<number>;
  clearedWh: bigint;
  treasuryBaseUnits: bigint;
  unfunded: number[];
  skipped: number[];
};

/** The neighbourhood contract as the day settlement reads it. A `block` makes answers fit each other. */
export type MarketReader = ReturnType<typeof createMarketReader>;

/** @param head - The latest block that is read; left out: the latest that `reader` knows. */
export function createMarketReader(
  reader: Reader,
  deployment: Pick<Deployment, "neighbourhood" | "deploymentBlock">,
  head: () => Promise<bigint> = () => reader.getBlockNumber(),
) {
  const { neighbourhood } = deployment;
  const contract = { address: neighbourhood, abi: neighbourhoodAbi } as const;
  const events = createEventLog(reader, deployment);
  const market = (blockNumber: bigint): Promise<MarketOnChain> =>
    reader.readContract({ ...contract, functionName: "market", blockNumber });

  return {
    async latest(): Promise<{ number: bigint; timestamp: number }> {
      const { number, timestamp } = await reader.getBlock({ blockNumber: await head() });
      return { number, timestamp: Number(timestamp) };
    },

    /** Undefined when the chain is not so long (any more). */
    async blockHash(blockNumber: bigint): Promise<Hash | undefined> {
      try {
        return (await reader.getBlock({ blockNumber })).hash;
      } catch (error) {
        if (error instanceof BlockNotFoundError) return undefined;
        throw error;
      }
    },

    closingWindowSeconds: async () =>
      Number(await reader.readContract({ ...contract, functionName: "closingWindowSeconds" })),

    market,

    /** Seats of the last announced day, without those forced later. */
    async announced(blockNumber: bigint): Promise<bigint> {
      const [bitmap] = await reader.readContract({ ...contract, functionName: "announced", blockNumber });
      return bitmap;
    },

    tariffOf: (day: number, blockNumber: bigint): Promise<Tariff> =>
      reader.readContract({ ...contract, functionName: "tariffOf", args: [day], blockNumber }),

    /** Undefined when it is not registered, or has never had a device. */
    async meter(meter: number, blockNumber: bigint): Promise<MeterOnChain | undefined> {
      const at = { ...contract, args: [meter], blockNumber } as const;
      const facts = await reader.readContract({ ...at, functionName: "meter" }).catch(unlessUnknownMeter);
      if (facts === undefined || facts.device === zeroAddress) return undefined;
      const { device } = facts;
      const state = await reader.readContract({ ...at, functionName: "deviceState", args: [device] });
      const [settings, queuedDevice] = await Promise.all([
        state.settingsQueued ? reader.readContract({ ...at, functionName: "queuedSettings" }) : undefined,
        state.deviceQueued ? reader.readContract({ ...at, functionName: "queuedDevice" }) : undefined,
      ]);
      return {
        meter,
        device,
        state,
        settings: settings && { effectiveDay: settings[0], settings: settings[1] },
        deviceDay: queuedDevice?.[0],
      };
    },

    async happenings(fromBlock: bigint, toBlock: bigint): Promise<Happenings> {
      const all = await events.between(fromBlock, toBlock);
      const settled = all.filter((event) => event.eventName === "DaySettled");
      const named = all.flatMap(({ args }) => ("meter" in args ? [args.meter] : []));
      const paid = settled.flatMap(({ args }) => metersOf(args.payments));
      return { meters: new Set([...named, ...paid]), settledDays: settled.map(({ args }) => args.day) };
    },

    /** Undefined also when the last settlement is days before the window that is open or void. */
    async lastSettledDay(toBlock: bigint): Promise<number | undefined> {
      const { day: announced, openedAt, settledAt } = await market(toBlock);
      if (settledAt !== 0) return announced;
      // Nothing was ever announced.
      if (openedAt === 0) return undefined;
      const since = openedAt - SETTLED_WITHIN_SECONDS;
      return (await events.last("DaySettled", { toBlock, since }))?.args.day;
    },

    async windowOf(of: number, toBlock: bigint): Promise<WindowEvents> {
      const announcement = await events.last("DayAnnounced", {
        toBlock,
        since: dayEnd(day(of)),
        matches: ({ args }) => args.day === of,
      });
      if (announcement === undefined) return { forced: [], revoked: new Set() };
      const { blockNumber } = announcement;
      const all = await events.between(blockNumber, toBlock, "ProfileForced", "DeviceRevoked");
      const forced = all.flatMap((event) => {
        if (event.eventName !== "ProfileForced" || event.args.day !== of) return [];
        const { meter, device, ...profile } = event.args;
        return [{ meter, device, profile }];
      });
      const revoked = all.flatMap((event) =>
        event.eventName === "DeviceRevoked" && isAfter(event, announcement) ? [event.args.meter] : [],
      );
      return { forced, revoked: new Set(revoked) };
    },

    async settledDay(of: number, toBlock: bigint): Promise<SettledDay | undefined> {
      const settled = await events.last("DaySettled", {
        toBlock,
        since: dayEnd(day(of)),
        matches: ({ args }) => args.day === of,
      });
      if (settled === undefined) return undefined;
      return readSettled(await reader.getTransactionReceipt({ hash: settled.transactionHash }));
    },

    async lateTransaction(meter: number, of: number, toBlock: bigint): Promise<Hex | undefined> {
      const recorded = await events.last("LateRecorded", {
        toBlock,
        since: dayEnd(day(of)),
        matches: ({ args }) => args.meter === meter && args.day === of,
      });
      return recorded?.transactionHash;
    },
  };

  function readSettled({ logs, transactionHash }: TransactionReceipt): SettledDay | undefined {
    const ours = logs.filter(({ address }) => address.toLowerCase() === neighbourhood.toLowerCase());
    const parsed = parseEventLogs({ abi: neighbourhoodAbi, logs: ours });
    const settled = parsed.find(({ eventName }) => eventName === "DaySettled");
    if (settled?.eventName !== "DaySettled") return undefined;
    const { clearedWh, treasuryBaseUnits, payments } = settled.args;
    return {
      transactionHash,
      meters: new Set(metersOf(payments)),
      clearedWh,
      treasuryBaseUnits,
      unfunded: parsed.flatMap((log) => (log.eventName === "MeterUnfunded" ? [log.args.meter] : [])),
      skipped: parsed.flatMap((log) => (log.eventName === "MeterSkipped" ? [log.args.meter] : [])),
    };
  }
}

/** The meters named in `DaySettled.payments`. */
function metersOf(payments: Hex): number[] {
  return decodePayments(payments).map(({ meter }) => meter);
}

type Place = { blockNumber: bigint; logIndex: number };

function isAfter(log: Place, other: Place): boolean {
  return (
    log.blockNumber > other.blockNumber || (log.blockNumber === other.blockNumber && log.logIndex > other.logIndex)
  );
}

function unlessUnknownMeter(error: unknown): undefined {
  const revert =
    error instanceof BaseError ? error.walk((cause) => cause instanceof ContractFunctionRevertedError) : null;
  if (revert instanceof ContractFunctionRevertedError && revert.data?.errorName === "UnknownMeter") return undefined;
  throw error;
}
