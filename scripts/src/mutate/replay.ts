import { type Abi, decodeErrorResult, decodeEventLog, encodeFunctionData, hashDomain, type Hex, numberToHex } from "viem";

import { seatsOf, type SettleCase, windowOf } from "./settle-case.ts";
import { DOMAIN } from "./street.ts";

/** What the chain's JSON-RPC is, in this process. */
export type Provider = { request: (of: { method: string; params: unknown[] }) => Promise<unknown> };

/** What came of a settlement: its logs, or what it reverted with. */
export type Outcome = { logs: string } | { reverted: Hex };

export const GAS = 16_777_216n;

const CHOOSE_NONE = 0;
const STRUCT_TYPES = {
  EIP712Domain: [
    { name: "name", type: "string" },
    { name: "version", type: "string" },
    { name: "chainId", type: "uint256" },
    { name: "verifyingContract", type: "address" },
  ],
} as const;

/** Cases on a chain of their own, each at an address of its own, so that only the code changes from mutant to mutant. */
export class Replay {
  readonly #provider: Provider;
  readonly #abi: Abi;
  readonly #cases: { of: SettleCase; address: Hex; input: Hex }[];
  readonly #sender: string;

  private constructor(provider: Provider, abi: Abi, cases: readonly SettleCase[], sender: string) {
    this.#provider = provider;
    this.#abi = abi;
    this.#sender = sender;
    this.#cases = cases.map((of, index) => ({
      of,
      address: numberToHex(0xcafe_0000n + BigInt(index), { size: 20 }),
      input: encodeFunctionData({ abi, functionName: "settle", args: settleArgs(of) }),
    }));
  }

  /**
   * Writes the state in front of each case.
   *
   * @param code - Of `SettlementCore`, not mutated.
   */
  static async begin(provider: Provider, abi: Abi, code: Hex, cases: readonly SettleCase[]): Promise<Replay> {
    const [sender] = (await provider.request({ method: "eth_accounts", params: [] })) as string[];
    if (sender === undefined) throw new Error("The chain has no account.");
    const replay = new Replay(provider, abi, cases, sender);
    await replay.load(code);
    for (const { of, address } of replay.#cases) {
      const data = encodeFunctionData({ abi, functionName: "prepare", args: [seatsOf(of), windowOf(of)] });
      const outcome = await replay.#send(address, data);
      if ("reverted" in outcome) throw new Error(`The state of "${of.name}" cannot be written: ${outcome.reverted}`);
    }
    return replay;
  }

  /** Puts code in the place of every case's contract; what it has stored stays. */
  async load(code: Hex): Promise<void> {
    for (const { address } of this.#cases) {
      await this.#provider.request({ method: "hardhat_setCode", params: [address, code] });
    }
  }

  /** The outcome of every case, one after the other; the state is as before each time. */
  async *outcomes(chosen = CHOOSE_NONE): AsyncGenerator<{ of: SettleCase; outcome: Outcome }> {
    for (const { of, address, input } of this.#cases) {
      const snapshot = await this.#provider.request({ method: "evm_snapshot", params: [] });
      const outcome = await this.#send(address, `${input}${numberToHex(chosen, { size: 32 }).slice(2)}`);
      await this.#provider.request({ method: "evm_revert", params: [snapshot] });
      yield { of, outcome };
    }
  }

  /** The name of the error in an outcome, or what the event of a settlement says. */
  read(outcome: Outcome): { error: string } | { settled: Record<string, unknown> } {
    if ("reverted" in outcome) return { error: nameOf(this.#abi, outcome.reverted) };
    const logs = JSON.parse(outcome.logs) as { topics: [Hex, ...Hex[]]; data: Hex }[];
    for (const { topics, data } of logs) {
      const event = decodeEventLog({ abi: this.#abi, topics, data, strict: false });
      if (event.eventName === "DaySettled") return { settled: event.args as unknown as Record<string, unknown> };
    }
    throw new Error("A settlement that did not revert has no DaySettled event.");
  }

  async #send(to: Hex, data: Hex): Promise<Outcome> {
    const call = { from: this.#sender, to, data, gas: numberToHex(GAS) };
    let hash: unknown;
    try {
      hash = await this.#provider.request({ method: "eth_sendTransaction", params: [call] });
    } catch (error) {
      return { reverted: revertData(error) };
    }
    const receipt = (await this.#provider.request({ method: "eth_getTransactionReceipt", params: [hash] })) as {
      logs: { topics: Hex[]; data: Hex }[];
    };
    return { logs: JSON.stringify(receipt.logs.map(({ topics, data: body }) => ({ topics, data: body }))) };
  }
}

function settleArgs({ tariff, args, residents }: SettleCase): unknown[] {
  const separator = hashDomain({ domain: DOMAIN, types: STRUCT_TYPES });
  return [separator, tariff, args.claims, args.batch, args.skipped, residents.map(({ device }) => device)];
}

function revertData(error: unknown): Hex {
  const data = (error as { data?: unknown }).data;
  const found = typeof data === "object" && data !== null && "data" in data ? data.data : data;
  return typeof found === "string" && found.startsWith("0x") ? (found as Hex) : "0x";
}

function nameOf(abi: Abi, data: Hex): string {
  if (data === "0x") return "no reason";
  try {
    return decodeErrorResult({ abi, data }).errorName;
  } catch {
    return data.slice(0, 10);
  }
}
