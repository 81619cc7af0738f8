/** Who exports and who imports in one interval. Wh; a home may appear on both sides. */
export type IntervalSides = {
  /** Export on offer, in the order in which it is to be bought (cheapest first). */
  readonly exports: readonly { readonly home: number; readonly energyWh: number }[];
  readonly imports: readonly { readonly home: number; readonly energyWh: number }[];
};

export type Trade = { readonly seller: number; readonly buyer: number; readonly energyWh: number };

export type IntervalMatch = {
  /** Purchases between different homes. */
  readonly trades: readonly Trade[];
  /** Export that a home uses against its own import of the same interval, without a trade. */
  readonly ownUse: readonly { readonly home: number; readonly energyWh: number }[];
};

/**
 * Matches the exports of one interval with the imports, so that in all min(all exports, all imports) is used.
 *
 * Homes buy in the order given, from the offers in the order given, and never from themselves. Only where a home ends up
 * with both export that nobody else can take and import that nobody else can serve, trades of others are led over
 * that home; what even this cannot place, it uses itself. So energy is traded wherever a trade is possible at all.
 */
export function matchInterval({ exports, imports }: IntervalSides): IntervalMatch {
  const offered = exports.map(({ home, energyWh }) => ({ home, energyWh }));
  const wanted = imports.map(({ home, energyWh }) => ({ home, energyWh }));
  const trades: { seller: number; buyer: number; energyWh: number }[] = [];
  for (const want of wanted) {
    for (const offer of offered) {
      const energyWh = Math.min(want.energyWh, offer.energyWh);
      if (energyWh === 0 || offer.home === want.home) continue;
      trades.push({ seller: offer.home, buyer: want.home, energyWh });
      want.energyWh -= energyWh;
      offer.energyWh -= energyWh;
    }
  }

  const ownUse: { home: number; energyWh: number }[] = [];
  for (const want of wanted) {
    const offer = offered.find(({ home }) => home === want.home);
    if (offer === undefined) continue;
    // Whatever is open on both sides now belongs to one home: any other pair would have traded above.
    let open = Math.min(want.energyWh, offer.energyWh);
    for (const trade of [...trades]) {
      if (open === 0) break;
      if (trade.seller === want.home || trade.buyer === want.home) continue;
      const energyWh = Math.min(open, trade.energyWh);
      // seller -> home and home -> buyer instead of seller -> buyer.
      trades.push({ seller: trade.seller, buyer: want.home, energyWh });
      trades.push({ seller: want.home, buyer: trade.buyer, energyWh });
      trade.energyWh -= energyWh;
      open -= energyWh;
    }
    if (open > 0) ownUse.push({ home: want.home, energyWh: open });
  }
  return { trades: mergeTrades(trades), ownUse };
}

/** One entry per pair of homes, none of 0 Wh. */
function mergeTrades(trades: readonly Trade[]): Trade[] {
  const pairs = new Map<string, { seller: number; buyer: number; energyWh: number }>();
  for (const { seller, buyer, energyWh } of trades) {
    const key = `${seller} ${buyer}`;
    const pair = pairs.get(key) ?? { seller, buyer, energyWh: 0 };
    pair.energyWh += energyWh;
    pairs.set(key, pair);
  }
  return [...pairs.values()].filter(({ energyWh }) => energyWh > 0);
}
