import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";
import { type Address, decodeAbiParameters, encodeAbiParameters, type Hex, parseAbiParameters } from "viem";

import type { SignedDay } from "./day-store.ts";
import { postJson } from "./post-json.ts";

/** The chain could not be asked: asking again later makes sense. */
export class ChainUnavailableError extends CommonwattError {
  override readonly name = "ChainUnavailableError";
}

/** What the chain says of a device, as far as a gateway needs it. Registers in the meter's unit. */
export type DeviceFacts = {
  meter: number;
  active: boolean;
  lastDay: number;
  importRegister: bigint;
  exportRegister: bigint;
  capUnits: number;
};

/** Looks on chain, without the relay, whether a day has got there. */
export type ChainProof = {
  /** The chain's id, and the time of its latest block in unix seconds. */
  head(): Promise<{ chainId: number; timestamp: number }>;
  device(device: Address, block?: bigint): Promise<DeviceFacts>;
  /** Whether a signed day is on chain; "unknown" where the chain is past it and no evidence is at hand. */
  isOnChain(of: SignedDay): Promise<boolean | "unknown">;
};

const SELECTOR_DEVICE_STATE = "0xf754f551";
const ADDRESS = parseAbiParameters("address");
/** The first fields of the contract's `DeviceState`; each takes a word, so what follows does not matter. */
const DEVICE_STATE = parseAbiParameters("uint32, bool, uint16, uint64, uint64, uint16");
type RpcAnswer = { result?: unknown; error?: { message?: unknown } };

/**
 * A day is proven by the device's word on chain, which only the contract writes: its last day is that day, and its registers
 * are those that were signed for it. A relay cannot bring that about but by handing in the profile.
 *
 * @param rpcUrl - A node that the gateway's owner chose, not the relay's.
 */
export function createChainProof(rpcUrl: string, neighbourhood: Address): ChainProof {
  async function ask(method: string, params: readonly unknown[]): Promise<unknown> {
    try {
      const answer = (await postJson(rpcUrl, { jsonrpc: "2.0", id: 1, method, params })) as RpcAnswer | null;
      if (answer?.error !== undefined) throw new Error(String(answer.error.message));
      return answer?.result;
    } catch (error) {
      // The URL may hold a key: it is not named.
      const reason = error instanceof Error ? error.message : String(error);
      throw new ChainUnavailableError(`The chain cannot be asked for ${method}`, {
        details: reason.replaceAll(rpcUrl, "the node"),
      });
    }
  }

  async function device(of: Address, block?: bigint): Promise<DeviceFacts> {
    const data = `${SELECTOR_DEVICE_STATE}${encodeAbiParameters(ADDRESS, [of]).slice(2)}`;
    const result = await ask("eth_call", [{ to: neighbourhood, data }, block === undefined ? "latest" : toHex(block)]);
    try {
      const [meter, active, lastDay, importRegister, exportRegister, capUnits] = decodeAbiParameters(
        DEVICE_STATE,
        result as Hex,
      );
      return { meter, active, lastDay, importRegister, exportRegister, capUnits };
    } catch {
      throw new ChainUnavailableError(`There is no neighbourhood at ${neighbourhood} on that chain`);
    }
  }

  const shows = (facts: DeviceFacts, { meter, day, profile }: SignedDay) =>
    facts.meter === meter &&
    facts.lastDay === day &&
    facts.importRegister === profile.importRegister &&
    facts.exportRegister === profile.exportRegister;

  async function atTransaction(of: SignedDay): Promise<boolean | "unknown"> {
    if (of.transaction === undefined) return "unknown";
    const receipt = (await ask("eth_getTransactionReceipt", [of.transaction])) as { blockNumber?: unknown } | null;
    const block = receipt?.blockNumber;
    if (typeof block !== "string" || !/^0x[\da-f]{1,16}$/iu.test(block)) return "unknown";
    try {
      return shows(await device(of.device, BigInt(block)), of) || "unknown";
    } catch (error) {
      // A node that keeps no old state is no witness, for or against.
      if (error instanceof ChainUnavailableError) return "unknown";
      throw error;
    }
  }

  return {
    async head() {
      const chainId = Number(await ask("eth_chainId", []));
      const block = (await ask("eth_getBlockByNumber", ["latest", false])) as { timestamp?: unknown } | null;
      return { chainId, timestamp: Number(block?.timestamp) };
    },
    device,
    async isOnChain(of) {
      const facts = await device(of.device);
      if (shows(facts, of)) return true;
      return facts.lastDay < of.day ? false : atTransaction(of);
    },
  };
}

const toHex = (value: bigint): Hex => `0x${value.toString(16)}`;
