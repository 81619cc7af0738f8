import { decodeIntervals } from "@commonwatt/sdk/profile";
import { decodeClaims, encodeClaims } from "@commonwatt/sdk/settlement/claims";
import { checkInterval } from "@commonwatt/sdk/settlement/reference/check";
import { ordersOf } from "@commonwatt/sdk/settlement/reference/day";
import { offeredAt, wantedAt } from "@commonwatt/sdk/settlement/reference/sums";
import { type IntervalClaim, NO_TRADE, type Order, type Side } from "@commonwatt/sdk/settlement/types";

import { type SettleCase, tampered } from "./settle-case.ts";

/** Each claim of each kind of interval, off by one either way. */
export function claimTampers(of: SettleCase): SettleCase[] {
  const claims = decodeClaims(of.args.claims);
  const orders = ordersIn(of);
  const found: SettleCase[] = [];
  const seen = new Map<string, number>();
  const seenLast = new Set<string>();
  for (const [index, claim] of claims.entries()) {
    const kind = `${claim.side}${claim.lowTicks === claim.highTicks ? "" : " gap"}`;
    const times = (seen.get(kind) ?? 0) + 1;
    seen.set(kind, times);
    const lastOfWord = index % 8 === 7 && !seenLast.has(kind);
    if (lastOfWord) seenLast.add(kind);
    // The first of its kind, one in the middle of a word, one in its lowest lane, and the last of the day.
    if (times > 2 && !lastOfWord && index !== 95) continue;
    for (const { name, wrong } of wrongOnes(claim)) {
      const error = refusalOf(orders[index] ?? [], of.tariff.networkChargeTicks, wrong);
      const args = { ...of.args, claims: encodeClaims(claims.with(index, wrong)) };
      found.push(tampered(of, `${name} of interval ${index}`, error, { args }));
    }
  }
  return found;
}

function wrongOnes(claim: IntervalClaim): { name: string; wrong: IntervalClaim }[] {
  const { lowTicks: low, highTicks: high, side, effective } = claim;
  const found: { name: string; wrong: IntervalClaim }[] = [];
  const put = (name: string, change: Partial<IntervalClaim>): void => {
    const wrong = { ...claim, ...change };
    const ticks = [wrong.lowTicks, wrong.highTicks];
    if (wrong.effective < 0n || ticks.some((price) => price < 0 || price > 65_535)) return;
    found.push({ name, wrong });
  };
  if (side !== NO_TRADE) {
    put("low + 1", { lowTicks: low + 1 });
    put("low - 1", { lowTicks: low - 1 });
    put("high + 1", { highTicks: high + 1 });
    put("high - 1", { highTicks: high - 1 });
    put("both + 1", { lowTicks: low + 1, highTicks: high + 1 });
    put("both - 1", { lowTicks: low - 1, highTicks: high - 1 });
  }
  put("effective + 1", { effective: effective + 1n });
  put("effective - 1", { effective: effective - 1n });
  for (const other of [0, 1, 2, 3] satisfies Side[]) if (other !== side) put(`side ${other}`, { side: other });
  // Neither end of the prices is a witness that hides a trade.
  const none = { side: NO_TRADE, effective: 0n } as const;
  if (side !== NO_TRADE) {
    put("no trade at 0", { ...none, lowTicks: 0, highTicks: 0 });
    put("no trade at 65,535", { ...none, lowTicks: 65_535, highTicks: 65_535 });
  }
  if (side === NO_TRADE) put("split witness", { highTicks: high + 1 });
  return found;
}

/** The contract's error, as the reference says. The contract looks for volume first, the reference last. */
function refusalOf(orders: readonly Order[], chargeTicks: number, claim: IntervalClaim): string {
  const { lowTicks: low, highTicks: high, side } = claim;
  const nothing = offeredAt(orders, low) === 0n || wantedAt(orders, low, chargeTicks) === 0n;
  if (low <= high && side !== NO_TRADE && nothing) return "NoVolume";
  const error = checkInterval(orders, chargeTicks, claim);
  if (error === undefined) throw new Error(`The reference accepts side ${side} from ${low} to ${high}.`);
  return error;
}

/** What the residents of a case, all of whom take part, offer and want in each interval. */
function ordersIn({ residents, tariff }: SettleCase): Order[][] {
  const meters = residents.map(({ state, profile }) => {
    const { meter, community, askTicks, bidTicks, unitExponent: exponent, balanceBaseUnits } = state;
    return { meter, community, askTicks, bidTicks, exponent, balanceBaseUnits, ...decodeIntervals(profile.intervals) };
  });
  return ordersOf(meters, tariff);
}
