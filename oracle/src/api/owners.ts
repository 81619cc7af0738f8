import type { Deployment } from "@commonwatt/sdk/deployment";
import { neighbourhoodAbi } from "@commonwatt/sdk/generated/abis";
import { CUSTODIES, enumWord, KEY_TYPES, METER_KINDS } from "@commonwatt/sdk/meters";
import { type Address, BaseError, ContractFunctionRevertedError, zeroAddress } from "viem";

import { commonBlock } from "../chain/endpoints/agree.ts";
import type { Endpoints } from "../chain/endpoints/endpoints.ts";
import { createCarefulReader } from "../chain/reader.ts";

/** A meter as the chain has it. */
export type MeterFacts = {
  /** In lower case. */
  owner: Address;
  device: Address | null;
  kind: string;
  custody: string;
  keyType: string;
  closed: boolean;
};

/** Who owns which meter, and who is a member: the word of the majority of the endpoints, good for a bounded time. */
export type Owners = {
  /**
   * The meter, if the wallet owns it.
   *
   * @throws When the chain cannot be asked: nobody is let in on what was true once.
   */
  meterOf(wallet: Address, meter: number): Promise<MeterFacts | undefined>;
  /** Numbers of this oracle's meters that the wallet owns, in order. */
  metersOf(wallet: Address): Promise<number[]>;
  isMember(account: Address): Promise<boolean>;
  /** Asks for some meters that were not asked for lately. Returns whether there were any. */
  look(): Promise<boolean>;
};

type Known<T> = { value: T; atMs: number };

/** All meters are asked for again after so long, so that those of a new owner are found. */
const SWEEP_MS = 3_600_000;
/** Who is turned away, or whose meter is not registered yet, need not wait so long for what has changed. */
const SOON_MS = 10_000;
const UNREGISTERED_SWEEP_MS = 60_000;
const AT_ONCE = 16;
/** Strangers' addresses remembered: the oldest is forgotten for one more. */
const MAX_ACCOUNTS = 10_000;

/**
 * @param meters - Numbers of this oracle's meters; nobody owns another here.
 * @param lifeMs - How long an answer of the chain is good.
 */
export function createOwners(
  endpoints: Endpoints,
  { neighbourhood }: Pick<Deployment, "neighbourhood">,
  { meters, lifeMs, nowMs }: { meters: readonly number[]; lifeMs: number; nowMs: () => number },
): Owners {
  const reader = createCarefulReader(endpoints);
  const contract = { address: neighbourhood, abi: neighbourhoodAbi } as const;
  const numbers = new Set(meters);
  /** Undefined: not registered. */
  const facts = new Map<number, Known<MeterFacts | undefined>>();
  const members = new Map<string, Known<boolean>>();
  /** Questions on their way: many requests at the same time ask once. */
  const asking = new Map<string, Promise<unknown>>();

  function once<T>(key: string, ask: () => Promise<T>): Promise<T> {
    const running = asking.get(key) as Promise<T> | undefined;
    if (running !== undefined) return running;
    const promise = ask().finally(() => asking.delete(key));
    asking.set(key, promise);
    return promise;
  }

  async function readMeter(meter: number): Promise<MeterFacts | undefined> {
    const blockNumber = await commonBlock(endpoints);
    const found = await reader
      .readContract({ ...contract, functionName: "meter", args: [meter], blockNumber })
      .catch(unlessUnknownMeter);
    if (found === undefined) return undefined;
    return {
      owner: found.owner.toLowerCase() as Address,
      device: found.device === zeroAddress ? null : found.device,
      kind: enumWord("kind", METER_KINDS, found.kind),
      custody: enumWord("custody", CUSTODIES, found.custody),
      keyType: enumWord("keyType", KEY_TYPES, found.keyType),
      closed: found.closed,
    };
  }

  function askMeter(meter: number): Promise<MeterFacts | undefined> {
    return once(`meter ${meter}`, async () => {
      const value = await readMeter(meter);
      facts.set(meter, { value, atMs: nowMs() });
      return value;
    });
  }

  async function meterOf(wallet: Address, meter: number): Promise<MeterFacts | undefined> {
    if (!numbers.has(meter)) return undefined;
    const isOwner = (value: MeterFacts | undefined) => value?.owner === wallet.toLowerCase();
    const known = facts.get(meter);
    const goodMs = isOwner(known?.value) ? lifeMs : Math.min(lifeMs, SOON_MS);
    const value = known !== undefined && nowMs() - known.atMs < goodMs ? known.value : await askMeter(meter);
    return isOwner(value) ? value : undefined;
  }

  const stale = () =>
    meters.filter((meter) => {
      const known = facts.get(meter);
      const goodMs = known?.value === undefined ? UNREGISTERED_SWEEP_MS : SWEEP_MS;
      return known === undefined || nowMs() - known.atMs >= goodMs;
    });

  async function look(): Promise<boolean> {
    const due = stale().slice(0, AT_ONCE);
    await Promise.all(due.map(askMeter));
    return due.length > 0;
  }

  return {
    meterOf,
    look,
    async metersOf(wallet) {
      // The first who asks may be faster than the looks of the start.
      for (let round = 0; round <= meters.length / AT_ONCE && (await look()); round++);
      const candidates = meters.filter((meter) => facts.get(meter)?.value?.owner === wallet.toLowerCase());
      const owned: number[] = [];
      for (const meter of candidates) if ((await meterOf(wallet, meter)) !== undefined) owned.push(meter);
      return owned.toSorted((a, b) => a - b);
    },
    async isMember(account) {
      const key = account.toLowerCase();
      const known = members.get(key);
      if (known !== undefined && nowMs() - known.atMs < lifeMs) return known.value;
      return once(`member ${key}`, async () => {
        const blockNumber = await commonBlock(endpoints);
        const value = await reader.readContract({
          ...contract,
          functionName: "isMember",
          args: [account],
          blockNumber,
        });
        // Who is admitted now need not wait: only what lets somebody in is remembered.
        if (value) {
          members.set(key, { value, atMs: nowMs() });
          const oldest = members.keys().next();
          if (members.size > MAX_ACCOUNTS && oldest.done !== true) members.delete(oldest.value);
        }
        return value;
      });
    },
  };
}

function unlessUnknownMeter(error: unknown): undefined {
  const revert =
    error instanceof BaseError ? error.walk((cause) => cause instanceof ContractFunctionRevertedError) : null;
  if (revert instanceof ContractFunctionRevertedError && revert.data?.errorName === "UnknownMeter") return undefined;
  throw error;
}
