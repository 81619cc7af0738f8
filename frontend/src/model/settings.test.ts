import { describe, expect, it } from "vitest";

import { describeSettings, draftOf, resolveSettings, sameSettings } from "./settings.ts";

const TARIFF = { communityPriceTicks: 1_500, networkChargeTicks: 120 };
const COMMUNITY = { sharing: true, community: true, askTicks: 0, bidTicks: 0 };
const LIMITS = { sharing: true, community: false, askTicks: 1_000, bidTicks: 2_050 };
const HAND = { sharing: false, community: false, askTicks: 0, bidTicks: 0 };

describe("describeSettings", () => {
  const plain = (text: string) => text.replaceAll("\u00a0", " ");

  it("puts the community price into the numbers of the day, the charge on the buyer", () => {
    expect(plain(describeSettings(COMMUNITY, TARIFF))).toContain("from 15.00 ct/kWh upwards, buys up to 16.20 ct/kWh");
  });

  it("names both limits, and says that by hand nothing happens by itself", () => {
    expect(plain(describeSettings(LIMITS, TARIFF))).toContain("from 10.00 ct/kWh upwards, buys up to 20.50 ct/kWh");
    expect(describeSettings(HAND, TARIFF)).toMatch(/nothing is sold or bought/u);
  });
});

describe("a draft of settings", () => {
  it("begins with what is chosen, and with the community's limits where there are none", () => {
    expect(draftOf(LIMITS, TARIFF)).toEqual({ choice: "limits", ask: "10.00", bid: "20.50" });
    expect(draftOf(COMMUNITY, TARIFF)).toEqual({ choice: "community", ask: "15.00", bid: "16.20" });
    expect(draftOf(HAND, TARIFF)).toEqual({ choice: "hand", ask: "15.00", bid: "16.20" });
  });

  it.each([COMMUNITY, LIMITS, HAND])("resolves back to the settings it was made of: %o", (settings) => {
    const outcome = resolveSettings(draftOf(settings, TARIFF));
    expect("settings" in outcome && sameSettings(outcome.settings, settings)).toBe(true);
  });

  it("leaves both limits 0 wherever they are not chosen, as the contract demands", () => {
    expect(resolveSettings({ choice: "community", ask: "9", bid: "9" })).toEqual({ settings: COMMUNITY });
    expect(resolveSettings({ choice: "hand", ask: "9", bid: "9" })).toEqual({ settings: HAND });
  });

  it("says which limit is wrong", () => {
    expect(resolveSettings({ choice: "limits", ask: "cheap", bid: "20" })).toEqual({
      ask: expect.stringContaining("price in cents") as string,
    });
    expect(resolveSettings({ choice: "limits", ask: "1", bid: "700" })).toEqual({
      bid: expect.stringContaining("655.35") as string,
    });
  });
});
