import { expect } from "chai";

import { FIRST_DAY, firstInterval, series, tokenId } from "./fixtures/calendar.ts";
import { makeFill, makeOffer } from "./fixtures/offers.ts";
import { loadFixture, market, SOLAR } from "./fixtures/street.ts";

describe("fill", () => {
  it("pays and delivers", async () => {
    const open = await loadFixture(market);
    const { neighbourhood, marketplace, token, solar, accounts } = open;
    await neighbourhood.record(await solar.profile({ day: FIRST_DAY, exports: series(100, 40, 4) }));
    const offer = await makeOffer(open, accounts.alice, SOLAR, FIRST_DAY);
    const first = firstInterval(FIRST_DAY) + 40;
    await marketplace.connect(accounts.bob).fill(await makeFill(open, accounts.alice, offer, first, [100]), 15_000n);
    expect(await token.balanceOf(accounts.bob.address, tokenId(SOLAR, first))).to.equal(100n);
  });
});
