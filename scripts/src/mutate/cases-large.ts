import { BUYERS_SHARE, SELLERS_SHARE, type Tariff } from "@commonwatt/sdk/settlement/types";

import { plainState } from "./cases-bounds.ts";
import { honestCase, type SettleCase } from "./settle-case.ts";
import { keyOf, resident } from "./street.ts";

const TARIFF: Tariff = { communityPriceTicks: 1_000, networkChargeTicks: 100 };
const LANES = 96;
/** Of each kind of home: at 32,767 x 100 Wh they are beyond 2^24 Wh together, which is the highest byte of a lane. */
const HOMES = 6;
const ALL = 32_767;
const HALF = 16_383;
const NEVER = 65_535;

/**
 * Totals that fill their lanes to the highest byte, also those that decide what the sharing side gets: homes that sell
 * cheaply or dearly to homes that bid much or little. In every second word of eight intervals there is more to sell than
 * is wanted, in the others less.
 */
export async function largeCases(): Promise<SettleCase[]> {
  const sides = Array.from({ length: LANES }, (_, index) =>
    Math.floor(index / 8) % 2 === 0 ? SELLERS_SHARE : BUYERS_SHARE,
  );
  const none = sides.map(() => 0);
  const always = sides.map(() => ALL);
  const dear = sides.map((side) => (side === SELLERS_SHARE ? ALL : HALF));
  const thrifty = sides.map((side) => (side === BUYERS_SHARE ? ALL : HALF));
  const kinds = [
    { askTicks: 500, bidTicks: 0, imports: none, exports: always },
    { askTicks: 700, bidTicks: 0, imports: none, exports: dear },
    { askTicks: NEVER, bidTicks: 1_500, imports: always, exports: none },
    { askTicks: NEVER, bidTicks: 1_000, imports: thrifty, exports: none },
  ];
  const homes = kinds.flatMap(({ imports, exports, ...limits }, kind) =>
    Array.from({ length: HOMES }, (_, index) => {
      const seat = kind * HOMES + index;
      const state = { ...plainState(100 + seat, seat), ...limits, community: false, unitExponent: 2 };
      return resident(state, imports, exports, 0n, keyOf(`large ${seat}`), false);
    }),
  );
  return [honestCase("large", TARIFF, await Promise.all(homes))];
}
