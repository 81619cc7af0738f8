import { expect } from "chai";

import { FIRST_DAY } from "./fixtures/calendar.ts";
import { loadFixture, market } from "./fixtures/street.ts";

describe("network charge", () => {
  it("cannot be set for a day that has begun", async () => {
    const { marketplace, accounts } = await loadFixture(market);
    const today = FIRST_DAY + 1;
    await expect(marketplace.connect(accounts.governor).scheduleNetworkCharge(100, today))
      .to.be.revertedWithCustomError(marketplace, "ChargeNotInFuture")
      .withArgs(today, today);
  });
});
