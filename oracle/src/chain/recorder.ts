import type { Deployment } from "@commonwatt/sdk/deployment";
import { neighbourhoodAbi } from "@commonwatt/sdk/generated/abis";
import type { SignedProfile } from "@commonwatt/sdk/profile-signing";
import type { DeviceState, Settings } from "@commonwatt/sdk/settlement/types";
import { day as asDay, dayEnd } from "@commonwatt/sdk/time";
import { type Address, encodeFunctionData, type Hex } from "viem";

import { commonBlock } from "./endpoints/agree.ts";
import type { Endpoints } from "./endpoints/endpoints.ts";
import { createEventLog } from "./event-log.ts";
import { createCarefulReader, createReader } from "./reader.ts";
import { type ChainRefusal, refusalOf } from "./refusal.ts";

/** A device on chain, meter 0 a stranger. Quantities in the meter's unit. */
export type DeviceOnChain = DeviceState;

/** A queued change of how a meter trades. */
export type SettingsOnChain = { effectiveDay: number; settings: Settings };

export type FoundRecording = { transactionHash: Hex; importRegister: bigint; exportRegister: bigint };

/**
 * The neighbourhood contract, as the oracle uses it. What cannot be taken back (registers that are adopted, profiles that
 * are given up or found on chain) is what the majority of the endpoints says; a simulation, which only costs time when it
 * is wrong, is one endpoint's word.
 */
export type Recorder = {
  device(device: Address): Promise<DeviceOnChain>;
  /** The device that takes over a meter from a day on; effective day 0 when none is queued. */
  queuedDevice(meter: number): Promise<{ effectiveDay: number; device: Address }>;
  /** What is queued for a meter; effective day 0 when nothing is. */
  queuedSettings(meter: number): Promise<SettingsOnChain>;
  /** The call that records profiles, with gas for the largest. */
  recordingOf(profiles: readonly SignedProfile[]): { to: Address; data: Hex; gas: bigint };
  /** How many of the profiles `recordMany` would record now. */
  simulateMany(profiles: readonly SignedProfile[]): Promise<number>;
  /** Why `record` would refuse the profile now; undefined when it would not. */
  simulate(profile: SignedProfile): Promise<ChainRefusal | undefined>;
  /** The same, as the majority of the endpoints says. */
  confirmRefusal(profile: SignedProfile): Promise<ChainRefusal | undefined>;
  /**
   * The transaction that recorded a meter's day, with the registers it recorded; "too-new" when it is not deep enough to
   * count.
   */
  findRecorded(meter: number, day: number): Promise<FoundRecording | "too-new" | undefined>;
};

/** More than one profile uses at most, and what a transaction needs besides: see the contract's gas snapshot. */
const GAS_PER_PROFILE = 780_000n;
const GAS_BASE = 300_000n;

/** @param account - Address that the recordings are sent from. */
export function createRecorder(
  endpoints: Endpoints,
  deployment: Pick<Deployment, "neighbourhood" | "deploymentBlock">,
  { account, confirmations }: { account: Address; confirmations: number },
): Recorder {
  const [reader, careful] = [createReader(endpoints), createCarefulReader(endpoints)];
  const contract = { address: deployment.neighbourhood, abi: neighbourhoodAbi } as const;
  const events = createEventLog(careful, deployment);
  const gasFor = (count: number) => GAS_BASE + GAS_PER_PROFILE * BigInt(count);

  async function refusal(profile: SignedProfile, blockNumber?: bigint): Promise<ChainRefusal | undefined> {
    const call = { ...contract, account, functionName: "record", args: [profile] } as const;
    try {
      if (blockNumber === undefined) await reader.simulateContract(call);
      else await careful.simulateContract({ ...call, blockNumber });
      return undefined;
    } catch (error) {
      const refused = refusalOf(error);
      if (refused === undefined) throw error;
      return refused;
    }
  }

  return {
    async device(device) {
      const blockNumber = await commonBlock(endpoints);
      return careful.readContract({ ...contract, functionName: "deviceState", args: [device], blockNumber });
    },

    async queuedSettings(meter) {
      const [effectiveDay, settings] = await careful.readContract({
        ...contract,
        functionName: "queuedSettings",
        args: [meter],
        blockNumber: await commonBlock(endpoints),
      });
      return { effectiveDay, settings };
    },

    async queuedDevice(meter) {
      const [effectiveDay, device] = await careful.readContract({
        ...contract,
        functionName: "queuedDevice",
        args: [meter],
        blockNumber: await commonBlock(endpoints),
      });
      return { effectiveDay, device };
    },

    recordingOf: (profiles) => ({
      to: contract.address,
      data: encodeFunctionData({ abi: neighbourhoodAbi, functionName: "recordMany", args: [profiles] }),
      gas: gasFor(profiles.length),
    }),

    async simulateMany(profiles) {
      const gas = gasFor(profiles.length);
      const call = { ...contract, account, gas, functionName: "recordMany", args: [profiles] } as const;
      return Number((await reader.simulateContract(call)).result);
    },

    simulate: (profile) => refusal(profile),

    confirmRefusal: async (profile) => refusal(profile, await commonBlock(endpoints)),

    async findRecorded(meter, day) {
      const head = await commonBlock(endpoints);
      const event = await events.last("ProfileRecorded", {
        toBlock: head,
        since: dayEnd(asDay(day)),
        matches: ({ args }) => args.meter === meter && args.day === day,
      });
      if (event === undefined) return undefined;
      if (head - event.blockNumber + 1n < BigInt(confirmations)) return "too-new";
      const { importRegister, exportRegister } = event.args;
      return { transactionHash: event.transactionHash, importRegister, exportRegister };
    },
  };
}
