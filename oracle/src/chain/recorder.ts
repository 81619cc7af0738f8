import type { Deployment } from "@commonwatt/sdk/deployment";
import { neighbourhoodAbi } from "@commonwatt/sdk/generated/abis";
import type { SignedProfile } from "@commonwatt/sdk/profile-signing";
import type { DeviceState, Settings } from "@commonwatt/sdk/settlement/types";
import { day as asDay, dayEnd } from "@commonwatt/sdk/time";
import {
  type Address,
  type Hex,
  parseEventLogs,
  TransactionReceiptNotFoundError,
  WaitForTransactionReceiptTimeoutError,
} from "viem";

import type { Reader, Writer } from "./clients.ts";
import { createEventLog } from "./event-log.ts";
import { type ChainRefusal, readRefusal, refusalOf } from "./refusal.ts";

/** What became of the profiles of one transaction, in their order: recorded, or why not. */
export type BatchOutcome =
  | { status: "mined"; recorded: { device: Address; day: number }[]; skipped: Map<number, ChainRefusal> }
  | { status: "reverted" }
  | { status: "unknown" };

/** A device on chain, meter 0 a stranger. Quantities in the meter's unit. */
export type DeviceOnChain = DeviceState;

/** A queued change of how a meter trades. */
export type SettingsOnChain = { effectiveDay: number; settings: Settings };

/** The neighbourhood contract, as the oracle uses it. */
export type Recorder = {
  device(device: Address): Promise<DeviceOnChain>;
  /** What is queued for a meter; effective day 0 when nothing is. */
  queuedSettings(meter: number): Promise<SettingsOnChain>;
  /** How many of the profiles `recordMany` would record now. */
  simulateMany(profiles: readonly SignedProfile[]): Promise<number>;
  /** Why `record` would refuse the profile now; undefined when it would not. */
  simulate(profile: SignedProfile): Promise<ChainRefusal | undefined>;
  /** Sends `recordMany`. `attempt` counts from 0: each raises the fee, so that a stuck transaction is replaced. */
  send(profiles: readonly SignedProfile[], attempt: number): Promise<Hex>;
  /** Waits for the receipt and its confirmations. */
  outcome(transactionHash: Hex): Promise<BatchOutcome>;
  /** The transaction that recorded a meter's day, with the registers it recorded. */
  findRecorded(
    meter: number,
    day: number,
  ): Promise<{ transactionHash: Hex; importRegister: bigint; exportRegister: bigint } | undefined>;
};

/** More than one profile uses at most, and what a transaction needs besides: see the contract's gas snapshot. */
const GAS_PER_PROFILE = 780_000n;
const GAS_BASE = 300_000n;
/** A replacement must raise the fee by an eighth at least. */
const FEE_RAISE_PERCENT = 25n;
const MAX_FEE_RAISES = 8;

export function createRecorder(
  { reader, writer }: { reader: Reader; writer: Writer },
  deployment: Pick<Deployment, "neighbourhood" | "deploymentBlock">,
  { confirmations, receiptTimeoutSeconds }: { confirmations: number; receiptTimeoutSeconds: number },
): Recorder {
  const contract = { address: deployment.neighbourhood, abi: neighbourhoodAbi } as const;
  const events = createEventLog(reader, deployment);
  const account = writer.account;
  const gasFor = (count: number) => GAS_BASE + GAS_PER_PROFILE * BigInt(count);

  return {
    async device(device) {
      return reader.readContract({ ...contract, functionName: "deviceState", args: [device] });
    },

    async queuedSettings(meter) {
      const [effectiveDay, settings] = await reader.readContract({
        ...contract,
        functionName: "queuedSettings",
        args: [meter],
      });
      return { effectiveDay, settings };
    },

    async simulateMany(profiles) {
      const gas = gasFor(profiles.length);
      const call = { ...contract, account, gas, functionName: "recordMany", args: [profiles] } as const;
      return Number((await reader.simulateContract(call)).result);
    },

    async simulate(profile) {
      try {
        await reader.simulateContract({ ...contract, account, functionName: "record", args: [profile] });
        return undefined;
      } catch (error) {
        const refusal = refusalOf(error);
        if (refusal === undefined) throw error;
        return refusal;
      }
    },

    async send(profiles, attempt) {
      const { maxFeePerGas, maxPriorityFeePerGas } = await reader.estimateFeesPerGas();
      const raise = (fee: bigint) =>
        (fee * (100n + FEE_RAISE_PERCENT * BigInt(Math.min(attempt, MAX_FEE_RAISES)))) / 100n;
      return writer.writeContract({
        ...contract,
        functionName: "recordMany",
        args: [profiles],
        gas: gasFor(profiles.length),
        // Only one transaction is ever under way: the next nonce is the one after the last mined.
        nonce: await reader.getTransactionCount({ address: account.address, blockTag: "latest" }),
        maxFeePerGas: raise(maxFeePerGas),
        maxPriorityFeePerGas: raise(maxPriorityFeePerGas),
      });
    },

    async outcome(hash) {
      try {
        const timeout = receiptTimeoutSeconds * 1000;
        const receipt = await reader.waitForTransactionReceipt({
          hash,
          confirmations,
          timeout,
          checkReplacement: false,
        });
        if (receipt.status === "reverted") return { status: "reverted" };
        const ours = receipt.logs.filter((log) => log.address.toLowerCase() === contract.address.toLowerCase());
        const recorded = parseEventLogs({ abi: neighbourhoodAbi, logs: ours, eventName: "ProfileRecorded" });
        const skipped = parseEventLogs({ abi: neighbourhoodAbi, logs: ours, eventName: "ProfileSkipped" });
        return {
          status: "mined",
          recorded: recorded.map(({ args }) => ({ device: args.device, day: args.day })),
          skipped: new Map(skipped.map(({ args }) => [Number(args.index), readRefusal(args.reason)])),
        };
      } catch (error) {
        const unknown =
          error instanceof WaitForTransactionReceiptTimeoutError || error instanceof TransactionReceiptNotFoundError;
        if (!unknown) throw error;
        return { status: "unknown" };
      }
    },

    async findRecorded(meter, day) {
      const event = await events.last("ProfileRecorded", {
        toBlock: await reader.getBlockNumber(),
        since: dayEnd(asDay(day)),
        matches: ({ args }) => args.meter === meter && args.day === day,
      });
      if (event === undefined) return undefined;
      const { importRegister, exportRegister } = event.args;
      return { transactionHash: event.transactionHash, importRegister, exportRegister };
    },
  };
}
