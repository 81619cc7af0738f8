import type { Address } from "viem";

import { refuse } from "../api/refusal.ts";
import type { RelayConfig } from "../config/relay.ts";
import type { RelayStore } from "./relay-store.ts";

/** What is left of a UTC day. */
export type Left = { actions: number; failures: number; gas: number };

const TOMORROW = "less: it is taken again tomorrow (UTC)";

/** What a wallet may still have sent on a day. */
export async function leftOn(store: RelayStore, config: RelayConfig, day: number, wallet: Address): Promise<Left> {
  const [own, all] = [await store.spentOn(day, wallet), await store.spentOn(day)];
  const least = Math.min(config.gasPerMemberPerDay - own.gas, config.gasPerDay - all.gas);
  return {
    actions: Math.max(config.actionsPerDay - own.actions, 0),
    failures: Math.max(config.failuresPerDay - own.failures, 0),
    gas: Math.max(least, 0),
  };
}

/**
 * Insists that an action is within the limits of its day. Inside the transaction that queues it, so that no two pass
 * where there is room for one.
 *
 * @throws RequestRefusedError naming the limit.
 */
export async function assertWithinLimits(
  store: RelayStore,
  config: RelayConfig,
  { day, wallet, gas }: { day: number; wallet: Address; gas: number },
): Promise<void> {
  const left = await leftOn(store, config, day, wallet);
  if (left.actions === 0) throw refuse(429, `${config.actionsPerDay} actions of this wallet were sent today`, TOMORROW);
  if (left.failures === 0) {
    throw refuse(429, `${config.failuresPerDay} actions of this wallet failed on chain today`, TOMORROW);
  }
  if (left.gas < gas) {
    throw refuse(429, `the action may use ${gas} gas, of today's ${left.gas} is left`, TOMORROW);
  }
  const { queued } = await store.counts();
  if (queued >= config.maxQueued) {
    throw refuse(503, `${queued} actions wait to be sent`, "fewer: another try in some minutes");
  }
}
