import type { Deployment } from "@commonwatt/sdk/deployment";
import type { Eip712Domain } from "@commonwatt/sdk/domains";
import { demoEuroAbi } from "@commonwatt/sdk/generated/abis";
import { dayOf } from "@commonwatt/sdk/time";
import type { Address, Hex } from "viem";

import { RequestRefusedError, refuse } from "../api/refusal.ts";
import type { Owners } from "../api/owners.ts";
import { commonBlock } from "../chain/endpoints/agree.ts";
import type { Endpoints } from "../chain/endpoints/endpoints.ts";
import { createCarefulReader, createReader } from "../chain/reader.ts";
import type { RelayConfig } from "../config/relay.ts";
import { createRateLimit } from "../http/rate.ts";
import type { Database } from "../storage/sql.ts";
import { leftOn } from "./limits.ts";
import { createRelayStore, type RelayRow, type RelayState } from "./relay-store.ts";
import type { RelayRequest } from "./schemas.ts";
import { takeAction } from "./take-action.ts";

/** The relay as members meet it. */
export type Relay = {
  /** @throws RequestRefusedError saying why the action is not taken. */
  take(request: RelayRequest, wallet: Address): Promise<RelayRow>;
  /** An action of this wallet. */
  find(id: Hex, wallet: Address): Promise<RelayRow | undefined>;
  terms(wallet: Address): Promise<{ enabled: boolean; maxGas: number; actionsLeft: number; gasLeft: number }>;
  report(): Promise<RelayReport>;
};

/** For metrics: actions by state, those turned away since the start by HTTP status, and gas of today. */
export type RelayReport = {
  actions: Record<RelayState, number>;
  turnedAway: Readonly<Record<number, number>>;
  gasLeftToday: number;
};

export type RelayParts = {
  config: RelayConfig;
  deployment: Deployment;
  endpoints: Endpoints;
  owners: Owners;
  database: Database;
  account: Address;
  maxFeeWei: bigint;
  nowMs: () => number;
  wake: () => void;
};

/** Each try costs the nodes some questions. */
const TRIES_PER_MINUTE = 20;
const MAX_WALLETS = 10_000;

export function createRelay(parts: RelayParts): Relay {
  const { config, deployment, endpoints, database, nowMs } = parts;
  const store = createRelayStore(database);
  const reader = createReader(endpoints);
  const tries = createRateLimit(TRIES_PER_MINUTE, MAX_WALLETS, () => performance.now());
  const turnedAway: Record<number, number> = {};
  const currencyDomain = createCurrencyDomain(endpoints, deployment);
  const today = () => dayOf(nowMs() / 1000);

  return {
    async take(request, wallet) {
      try {
        if (!config.enabled) throw refuse(403, "this oracle sends no actions of members", "a transaction of your own");
        if (!tries.take(wallet)) throw refuse(429, "too many actions in a minute", `at most ${TRIES_PER_MINUTE}`);
        const context = { deployment, currencyDomain };
        const row = await takeAction(request, wallet, { ...parts, reader, context });
        parts.wake();
        return row;
      } catch (error) {
        if (error instanceof RequestRefusedError) turnedAway[error.status] = (turnedAway[error.status] ?? 0) + 1;
        throw error;
      }
    },
    async find(id, wallet) {
      const row = await store.find(id);
      return row?.wallet === wallet.toLowerCase() ? row : undefined;
    },
    async terms(wallet) {
      const left = await leftOn(store, config, today(), wallet);
      const { enabled, maxGas } = config;
      return { enabled, maxGas, actionsLeft: left.failures === 0 ? 0 : left.actions, gasLeft: left.gas };
    },
    async report() {
      const spent = await store.spentOn(today());
      return {
        actions: await store.counts(),
        turnedAway: { ...turnedAway },
        gasLeftToday: Math.max(config.gasPerDay - spent.gas, 0),
      };
    },
  };
}

/** The EIP-712 domain of the payment currency (ERC-5267): it never changes, so it is asked for once. */
function createCurrencyDomain(endpoints: Endpoints, { currency }: Pick<Deployment, "currency">) {
  const reader = createCarefulReader(endpoints);
  let known: Eip712Domain | undefined;
  return async (): Promise<Eip712Domain> => {
    if (known !== undefined) return known;
    const blockNumber = await commonBlock(endpoints);
    const call = { address: currency, abi: demoEuroAbi, functionName: "eip712Domain", blockNumber } as const;
    const [, name, version, chainId, verifyingContract] = await reader.readContract(call);
    known = { name, version, chainId: Number(chainId), verifyingContract };
    return known;
  };
}
