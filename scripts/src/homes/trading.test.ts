import { describe, expect, it } from "vitest";

import { tradingOf } from "./trading.ts";

describe("tradingOf", () => {
  it("lets one generated home trade by hand, most share at the community price, and some at their own limits", () => {
    const trading = tradingOf("sharing", 12, true);
    expect(trading.filter((way) => way === "hand")).toHaveLength(1);
    expect(trading.filter((way) => way === "community")).toHaveLength(6);
    for (const way of trading) {
      if (typeof way === "string") continue;
      expect(way.askTicks).toBeLessThan(way.bidTicks);
    }
  });

  it("lets all homes of a file share at the community price", () => {
    expect(tradingOf("sharing", 3, false)).toEqual(["community", "community", "community"]);
  });

  it("halves a street in pairs in the mixed mode, and leaves everybody by hand in the self mode", () => {
    expect(tradingOf("mixed", 5, false)).toEqual(["community", "community", "hand", "hand", "community"]);
    expect(tradingOf("mixed", 12, true).filter((way) => way === "hand")).toHaveLength(6);
    expect(new Set(tradingOf("self", 4, true))).toEqual(new Set(["hand"]));
  });
});
