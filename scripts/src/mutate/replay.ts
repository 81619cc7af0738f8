import { type Abi, decodeErrorResult, decodeEventLog, encodeFunctionData, type Hex, numberToHex } from "viem";

import { seatsOf, type SettleCase, windowOf } from "./settle-case.ts";
import { DOMAIN, NOW } from "./street.ts";

/** What the chain's JSON-RPC is, in this process. */
export type Provider = { request: (of: { method: string; params: unknown[] }) => Promise<unknown> };

/** What came of a settlement: its logs, or what it reverted with. */
export type Outcome = { logs: string } | { reverted: Hex };

/** Twice what the dearest case needs: a mutant that wastes memory runs out of it. */
const GAS = 6_000_000n;

const CHOOSE_NONE = 0;
const ADDRESS = DOMAIN.verifyingContract;

/** Cases on a chain of their own: for each its state is written, by code that is not mutated, and then its day settled. */
export class Replay {
  readonly #provider: Provider;
  readonly #abi: Abi;
  readonly #cases: { of: SettleCase; prepare: Hex; settle: Hex }[];
  readonly #sender: string;
  readonly #original: Hex;
  #code: Hex;

  private constructor(provider: Provider, abi: Abi, code: Hex, cases: readonly SettleCase[], sender: string) {
    this.#provider = provider;
    this.#abi = abi;
    this.#original = code;
    this.#code = code;
    this.#sender = sender;
    this.#cases = cases.map((of) => ({
      of,
      prepare: encodeFunctionData({ abi, functionName: "prepare", args: [seatsOf(of), windowOf(of)] }),
      settle: inputOf(abi, of),
    }));
  }

  /** @param code - Of `SettlementCore`, not mutated. */
  static async begin(provider: Provider, abi: Abi, code: Hex, cases: readonly SettleCase[]): Promise<Replay> {
    const [sender] = (await provider.request({ method: "eth_accounts", params: [] })) as string[];
    if (sender === undefined) throw new Error("The chain has no account.");
    return new Replay(provider, abi, code, cases, sender);
  }

  /** The code of the outcomes that follow. */
  load(code: Hex): void {
    this.#code = code;
  }

  /** The outcome of every case, one after the other; the chain is as before each time. */
  async *outcomes(chosen = CHOOSE_NONE): AsyncGenerator<{ of: SettleCase; outcome: Outcome }> {
    for (const { of, prepare, settle } of this.#cases) {
      const snapshot = await this.#provider.request({ method: "evm_snapshot", params: [] });
      await this.#provider.request({ method: "hardhat_setCode", params: [ADDRESS, this.#original] });
      const prepared = await this.#send(NOW - 1, `${prepare}${numberToHex(CHOOSE_NONE, { size: 32 }).slice(2)}`);
      if ("reverted" in prepared) throw new Error(`The state of "${of.name}" cannot be written: ${prepared.reverted}`);
      await this.#provider.request({ method: "hardhat_setCode", params: [ADDRESS, this.#code] });
      const outcome = await this.#send(NOW, `${settle}${numberToHex(chosen, { size: 32 }).slice(2)}`);
      await this.#provider.request({ method: "evm_revert", params: [snapshot] });
      yield { of, outcome };
    }
  }

  /** The name of the error in an outcome, or what its event says. */
  read(outcome: Outcome): { error: string } | { says: Record<string, unknown> } {
    if ("reverted" in outcome) return { error: nameOf(this.#abi, outcome.reverted) };
    const logs = JSON.parse(outcome.logs) as { topics: [Hex, ...Hex[]]; data: Hex }[];
    for (const { topics, data } of logs) {
      const event = decodeEventLog({ abi: this.#abi, topics, data, strict: false });
      const { eventName, args }: { eventName?: unknown; args?: unknown } = event;
      if (eventName === "DaySettled") return { says: args as Record<string, unknown> };
      if (eventName === "Summed") return { says: (args as { sums: Record<string, unknown> }).sums };
    }
    throw new Error("A settlement that did not revert has no DaySettled event.");
  }

  async #send(timestamp: number, data: Hex): Promise<Outcome> {
    const call = { from: this.#sender, to: ADDRESS, data, gas: numberToHex(GAS) };
    await this.#provider.request({ method: "evm_setNextBlockTimestamp", params: [numberToHex(timestamp)] });
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

function inputOf(abi: Abi, { args, residents, probe, tariff }: SettleCase): Hex {
  const { day, claims, batch, skipped } = args;
  if (probe === undefined) {
    const devices = residents.map(({ device }) => device);
    return encodeFunctionData({ abi, functionName: "settle", args: [day, claims, batch, skipped, devices] });
  }
  const { askTicks, bidTicks, intervals } = probe;
  const { networkChargeTicks } = tariff;
  return encodeFunctionData({
    abi,
    functionName: "sum",
    args: [claims, networkChargeTicks, askTicks, bidTicks, intervals],
  });
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
