import {
  type Abi,
  concatHex,
  decodeErrorResult,
  decodeEventLog,
  encodeDeployData,
  encodeFunctionData,
  type Hex,
  numberToHex,
} from "viem";

import { seatsOf, type SettleCase, windowOf } from "./settle-case.ts";
import { DOMAIN, NOW } from "./street.ts";

/** What the chain's JSON-RPC is, in this process. */
export type Provider = { request: (of: { method: string; params: unknown[] }) => Promise<unknown> };

/** What came of a settlement: its logs, or what it reverted with. */
export type Outcome = { logs: string } | { reverted: Hex };

/** Twice what the dearest case needs: a mutant that wastes memory runs out of it. */
const GAS = 6_000_000n;

const CHOOSE_NONE = 0;
/** Where the state is: `Caught`, which runs the code at `CORE` on it. */
const ADDRESS = DOMAIN.verifyingContract;
const CORE = "0x0000000000000000000000000000000000c0dec0";
/** An account that runs the code of another one (EIP-7702). */
const DELEGATED = "0x00000000000000000000000000000000000de1e6";
/** What `Caught` returns before the reason of a revert. */
const REVERTED = `0x${"ff".repeat(32)}`;

/** Not mutated. */
type Contracts = Record<"core" | "caught" | "unborn", { abi: Abi; code: Hex; creation: Hex }>;

/** Cases that begin from the same state and end in the same way. */
type Group = { prepare: Hex; refused: boolean; cases: { of: SettleCase; settle: Hex }[] };

/** Cases on a chain of their own: their state is written, by code that is not mutated, and then the day settled. */
export class Replay {
  readonly #provider: Provider;
  readonly #abi: Abi;
  readonly #unborn: Contracts["unborn"];
  readonly #groups: Group[];
  readonly #sender: string;
  readonly #original: Hex;
  #code: Hex;

  private constructor(provider: Provider, contracts: Contracts, cases: readonly SettleCase[], sender: string) {
    const { abi, code } = contracts.core;
    this.#provider = provider;
    this.#abi = abi;
    this.#unborn = contracts.unborn;
    this.#original = code;
    this.#code = code;
    this.#sender = sender;
    this.#groups = groupsOf(abi, cases);
  }

  static async begin(provider: Provider, contracts: Contracts, cases: readonly SettleCase[]): Promise<Replay> {
    const [sender] = (await provider.request({ method: "eth_accounts", params: [] })) as string[];
    if (sender === undefined) throw new Error("The chain has no account.");
    await provider.request({ method: "hardhat_setCode", params: [ADDRESS, contracts.caught.code] });
    await provider.request({ method: "hardhat_setCode", params: [DELEGATED, `0xef0100${CORE.slice(2)}`] });
    return new Replay(provider, contracts, cases, sender);
  }

  /** The code of the outcomes that follow. */
  load(code: Hex): void {
    this.#code = code;
  }

  /** The outcome of every case, one after the other; the chain is as before each time. */
  async *outcomes(chosen = CHOOSE_NONE): AsyncGenerator<{ of: SettleCase; outcome: Outcome }> {
    for (const { prepare, refused, cases } of [...this.#groups]) {
      const before = await this.#ask("evm_snapshot");
      try {
        await this.#ask("hardhat_setCode", CORE, this.#original);
        await this.#send(NOW - 1, withChoice(prepare, CHOOSE_NONE));
        if (refused) await this.#ask("evm_mine", numberToHex(NOW));
        await this.#ask("hardhat_setCode", CORE, this.#code);
        for (const { of, settle } of [...cases]) {
          const data = withChoice(settle, chosen);
          yield { of, outcome: refused ? await this.#call(data, of.sender) : await this.#sendAndUndo(data) };
        }
      } finally {
        await this.#ask("evm_revert", before);
      }
    }
  }

  /** Puts a case in front of all others: what noticed one mutant is likely to notice its neighbour. */
  prefer(of: SettleCase): void {
    const group = this.#groups.find(({ cases }) => cases.some((entry) => entry.of === of));
    if (group === undefined) throw new Error(`The case "${of.name}" is not of this replay.`);
    toFront(this.#groups, group);
    const entry = group.cases.find((other) => other.of === of);
    if (entry !== undefined) toFront(group.cases, entry);
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
    return { says: {} };
  }

  /** A settlement that is expected to be refused: it needs no block, and if it is not refused its logs do not matter. */
  async #call(data: Hex, sender: SettleCase["sender"]): Promise<Outcome> {
    const call = { ...this.#transaction(data), ...this.#from(data, sender) };
    const returned = (await this.#ask("eth_call", call, "latest")) as Hex;
    return returned.startsWith(REVERTED) ? { reverted: `0x${returned.slice(REVERTED.length)}` } : { logs: "[]" };
  }

  async #sendAndUndo(data: Hex): Promise<Outcome> {
    const before = await this.#ask("evm_snapshot");
    const outcome = await this.#send(NOW, data);
    await this.#ask("evm_revert", before);
    return outcome;
  }

  /** One that reverts has no logs. */
  async #send(timestamp: number, data: Hex): Promise<Outcome> {
    await this.#ask("evm_setNextBlockTimestamp", numberToHex(timestamp));
    const hash = await this.#ask("eth_sendTransaction", this.#transaction(data));
    const receipt = (await this.#ask("eth_getTransactionReceipt", hash)) as { logs: { topics: Hex[]; data: Hex }[] };
    return { logs: JSON.stringify(receipt.logs.map(({ topics, data: body }) => ({ topics, data: body }))) };
  }

  #from(data: Hex, sender: SettleCase["sender"]): Record<string, unknown> {
    if (sender === "account with code") return { from: DELEGATED };
    if (sender === undefined) return {};
    const { abi, creation: bytecode } = this.#unborn;
    return { to: undefined, data: encodeDeployData({ abi, bytecode, args: [ADDRESS, data] }) };
  }

  #transaction(data: Hex): Record<string, unknown> {
    return { from: this.#sender, to: ADDRESS, data, gas: numberToHex(GAS) };
  }

  async #ask(method: string, ...params: unknown[]): Promise<unknown> {
    return this.#provider.request({ method, params });
  }
}

function groupsOf(abi: Abi, cases: readonly SettleCase[]): Group[] {
  const groups = new Map<string, Group>();
  for (const of of cases) {
    const prepare = encodeFunctionData({ abi, functionName: "prepare", args: [seatsOf(of), windowOf(of)] });
    const refused = "error" in of.expected;
    const key = `${refused} ${prepare}`;
    const group = groups.get(key) ?? { prepare, refused, cases: [] };
    group.cases.push({ of, settle: inputOf(abi, of) });
    groups.set(key, group);
  }
  return [...groups.values()];
}

/** The input's last word says which mutant it runs. */
function withChoice(input: Hex, chosen: number): Hex {
  return concatHex([input, numberToHex(chosen, { size: 32 })]);
}

function toFront<Value>(list: Value[], value: Value): void {
  list.splice(list.indexOf(value), 1);
  list.unshift(value);
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

function nameOf(abi: Abi, data: Hex): string {
  if (data === "0x") return "no reason";
  try {
    return decodeErrorResult({ abi, data }).errorName;
  } catch {
    return data.slice(0, 10);
  }
}
