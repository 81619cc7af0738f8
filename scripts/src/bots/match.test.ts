import { describe, expect, it } from "vitest";

import { noise } from "../homes/noise.ts";
import { matchInterval } from "./match.ts";

type Side = { home: number; energyWh: number };

const sum = (entries: readonly { energyWh: number }[]): number =>
  entries.reduce((total, { energyWh }) => total + energyWh, 0);
const ofHome = (side: readonly Side[], home: number): number =>
  side.find((entry) => entry.home === home)?.energyWh ?? 0;

describe("matchInterval", () => {
  it("buys in order, cheapest offer first", () => {
    const match = matchInterval({
      exports: [
        { home: 3, energyWh: 50 },
        { home: 1, energyWh: 50 },
      ],
      imports: [
        { home: 2, energyWh: 60 },
        { home: 4, energyWh: 60 },
      ],
    });
    expect(match).toEqual({
      trades: [
        { seller: 3, buyer: 2, energyWh: 50 },
        { seller: 1, buyer: 2, energyWh: 10 },
        { seller: 1, buyer: 4, energyWh: 40 },
      ],
      ownUse: [],
    });
  });

  it("leads trades over a home that would be left alone with itself", () => {
    const match = matchInterval({
      exports: [
        { home: 1, energyWh: 10 },
        { home: 2, energyWh: 10 },
      ],
      imports: [
        { home: 3, energyWh: 10 },
        { home: 2, energyWh: 10 },
      ],
    });
    expect(match.ownUse).toEqual([]);
    expect(match.trades).toEqual([
      { seller: 1, buyer: 2, energyWh: 10 },
      { seller: 2, buyer: 3, energyWh: 10 },
    ]);
  });

  it("lets a home use its own where there is nobody else", () => {
    expect(matchInterval({ exports: [{ home: 1, energyWh: 7 }], imports: [{ home: 1, energyWh: 5 }] })).toEqual({
      trades: [],
      ownUse: [{ home: 1, energyWh: 5 }],
    });
  });

  it("uses min(all exports, all imports) and trades as much of it as can be, in random markets", () => {
    for (let market = 0; market < 3_000; market++) {
      const side = (key: number): Side[] =>
        [1, 2, 3, 4].flatMap((home) => {
          const energyWh = Math.floor(noise(market, key, home) * 8) - 2;
          return energyWh > 0 ? [{ home, energyWh }] : [];
        });
      const exports = side(1);
      const imports = side(2);
      const { trades, ownUse } = matchInterval({ exports, imports });

      const all = sum(exports) + sum(imports);
      const most = Math.min(sum(exports), sum(imports));
      // No trade can do without a home other than the one in question.
      const tradable = [1, 2, 3, 4].map((home) => all - ofHome(exports, home) - ofHome(imports, home));
      expect(sum(trades)).toBe(Math.min(most, ...tradable));
      expect(sum(trades) + sum(ownUse)).toBe(most);
      for (const home of [1, 2, 3, 4]) {
        const own = ofHome(ownUse, home);
        expect(sum(trades.filter(({ seller }) => seller === home)) + own).toBeLessThanOrEqual(ofHome(exports, home));
        expect(sum(trades.filter(({ buyer }) => buyer === home)) + own).toBeLessThanOrEqual(ofHome(imports, home));
      }
      expect(trades.every(({ seller, buyer, energyWh }) => seller !== buyer && energyWh > 0)).toBe(true);
    }
  });
});
