import type { Address } from "viem";

import { CommonwattError } from "../commonwatt-error.ts";
import { type MeterNumber, parseTokenId, tokenId } from "../ids.ts";
import { day, dayEnd, dayOfInterval, type Interval } from "../time.ts";
import { type Wh, wh } from "../units.ts";
import type { Ledger } from "./types.ts";

/** Where all energy of a neighbourhood went. */
export type Conservation = {
  /** Export of all profiles recorded in time, as their devices signed it. */
  mintedWh: Wh;
  /** As the neighbourhood reported it. */
  retiredWh: Wh;
  /** Tokens that were neither used nor are they live any more, by the token's transfers. */
  expiredWh: Wh;
  /** Tokens that can still be moved and used, by the token's transfers. */
  liveWh: Wh;
  /** minted - retired - expired = live, and nobody ever moved what they did not hold. */
  holds: boolean;
};

/** A holder's tokens of one id, by the token's transfers, whether or not they have expired. */
export type HolderBalance = { holder: Address; meter: MeterNumber; interval: Interval; wh: Wh };

/**
 * Checks that no energy was made or lost: what devices signed (profiles) and what the neighbourhood reported as used
 * (retirements) against what the token moved (transfers), which are three different sets of events.
 *
 * @param now - Unix seconds at which to judge what has expired.
 * @throws CommonwattError when the ledger does not begin with the deployment.
 */
export function conservation(ledger: Ledger, now: bigint | number): Conservation {
  const { balances, overdrawn } = replayTransfers(ledger);
  const mintedWh = sum(ledger.profiles.filter(({ late }) => !late).map(({ exportWh }) => exportWh));
  const retiredWh = sum(ledger.retirements.map(({ energyWh }) => energyWh));
  const isLive = ({ interval }: HolderBalance) => Number(now) < expiryOf(interval, ledger.retirementWindowDays);
  const liveWh = sum(balances.filter(isLive).map(({ wh }) => wh));
  const expiredWh = sum(balances.filter((balance) => !isLive(balance)).map(({ wh }) => wh));
  return {
    mintedWh,
    retiredWh,
    expiredWh,
    liveWh,
    holds: !overdrawn && mintedWh === retiredWh + expiredWh + liveWh,
  };
}

/**
 * Balances as the token's transfers make them, without zeros, by meter, interval and holder.
 *
 * @throws CommonwattError when the ledger does not begin with the deployment.
 */
export function balancesOf(ledger: Ledger): HolderBalance[] {
  return replayTransfers(ledger).balances;
}

/** Unix second from which a token can no longer be moved or used. */
export function expiryOf(interval: Interval, retirementWindowDays: number): number {
  return dayEnd(day(dayOfInterval(interval) + retirementWindowDays));
}

function replayTransfers(ledger: Ledger): { balances: HolderBalance[]; overdrawn: boolean } {
  if (!ledger.complete) {
    throw new CommonwattError(`Balances need the ledger from its deployment on, not from block ${ledger.fromBlock}`);
  }
  const byToken = new Map<bigint, Map<Address, bigint>>();
  let overdrawn = false;
  for (const { kind, from, to, lines } of ledger.transfers) {
    for (const { meter, interval, wh: energy } of lines) {
      const id = tokenId(meter, interval);
      const holders = byToken.get(id) ?? new Map<Address, bigint>();
      byToken.set(id, holders);
      if (kind !== "mint") {
        const left = (holders.get(from) ?? 0n) - energy;
        if (left < 0n) overdrawn = true;
        holders.set(from, left < 0n ? 0n : left);
      }
      if (kind !== "use") holders.set(to, (holders.get(to) ?? 0n) + energy);
    }
  }
  const balances = [...byToken]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([id, holders]) =>
      [...holders]
        .filter(([, energy]) => energy > 0n)
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .map(([holder, energy]) => ({ holder, ...parseTokenId(id), wh: wh(energy) })),
    );
  return { balances, overdrawn };
}

function sum(energies: readonly Wh[]): Wh {
  return wh(energies.reduce((total, energy) => total + energy, 0n));
}
