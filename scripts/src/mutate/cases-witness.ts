import { decodeClaims, encodeClaims } from "@commonwatt/sdk/settlement/claims";
import { type IntervalClaim, NO_TRADE, type Tariff } from "@commonwatt/sdk/settlement/types";

import { plainState } from "./cases-bounds.ts";
import { honestCase, type SettleCase, tampered } from "./settle-case.ts";
import { keyOf, resident } from "./street.ts";

const TARIFF: Tariff = { communityPriceTicks: 1_000, networkChargeTicks: 100 };
const LANES = 96;
const ASK = 1_100;
const BID = 1_000;
/** The highest price that the buyer takes: below every ask. */
const WANTED_UP_TO = BID - TARIFF.networkChargeTicks;

/**
 * A seller and a buyer who never meet. Witnesses at the bid, at the ask and between them hold, each for its own reason; one
 * tick further out none does, and the interval named must be that one, not one of those before it in its word.
 */
export async function witnessCases(): Promise<SettleCase[]> {
  const all = Array.from({ length: LANES }, () => 5);
  const none = all.map(() => 0);
  const limits = { community: false, askTicks: ASK, bidTicks: BID };
  const seller = await resident({ ...plainState(100, 3), ...limits }, none, all, 0n, keyOf("dear"), false);
  const buyer = await resident({ ...plainState(200, 9), ...limits }, all, none, 0n, keyOf("thrifty"), false);
  const honest = honestCase("witnesses", TARIFF, [seller, buyer]);
  const holding = decodeClaims(honest.args.claims).map((_, index) =>
    witness([WANTED_UP_TO, ASK, WANTED_UP_TO + 1, ASK - 1][index % 4] ?? ASK),
  );
  const claiming = (claims: readonly IntervalClaim[]): Pick<SettleCase, "args"> => ({
    args: { ...honest.args, claims: encodeClaims(claims) },
  });
  const failing = [12, 15, 95].flatMap((at) =>
    [WANTED_UP_TO - 1, ASK + 1].map((price) => {
      const change = claiming(holding.with(at, witness(price)));
      return tampered(honest, `${price} in interval ${at}`, "WitnessFails", change);
    }),
  );
  return [honest, { ...honest, ...claiming(holding), name: "witnesses of every kind" }, ...failing];
}

function witness(price: number): IntervalClaim {
  return { lowTicks: price, highTicks: price, side: NO_TRADE, effective: 0n };
}
