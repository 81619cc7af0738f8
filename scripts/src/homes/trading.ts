import type { Mode } from "../options.ts";

/** Lowest price for a home's export and highest price, network charge included, for its import, ticks. */
export type Limits = { readonly askTicks: number; readonly bidTicks: number };

/** How a home trades: by hand, with energy tokens, or by the day settlement at the community price or its own limits. */
export type Trading = "hand" | "community" | Limits;

/** Of the generated homes, the one that trades by hand while the others share: a big roof and a small household. */
const HAND_TRADER = 2;

/**
 * Generated homes that move their own limits, by position: some undercut, some hold out, some buy only what is cheap, so
 * that supply and demand are curves with steps and the price moves with the sun.
 */
const OWN_LIMITS: ReadonlyMap<number, Limits> = new Map([
  [3, { askTicks: 0, bidTicks: 2_300 }],
  [4, { askTicks: 900, bidTicks: 2_100 }],
  [5, { askTicks: 0, bidTicks: 1_300 }],
  [8, { askTicks: 1_900, bidTicks: 2_600 }],
  [11, { askTicks: 0, bidTicks: 1_900 }],
]);

/**
 * How each home of a street trades.
 *
 * @param generated - Generated homes have some with limits of their own, and a hand trader; a file's all share at the
 * community price.
 * @returns One entry per home.
 */
export function tradingOf(mode: Mode, homes: number, generated: boolean): Trading[] {
  return Array.from({ length: homes }, (_, home): Trading => {
    if (tradesByHand(mode, home, generated)) return "hand";
    return (generated ? OWN_LIMITS.get(home) : undefined) ?? "community";
  });
}

function tradesByHand(mode: Mode, home: number, generated: boolean): boolean {
  if (mode === "self") return true;
  // In pairs: every other generated home has a roof, and both ways of trading need sellers and buyers.
  if (mode === "mixed") return home % 4 >= 2;
  return generated && home === HAND_TRADER;
}
