import { expect } from "chai";

import { loadFixture, market } from "./fixtures/street.ts";

describe("cancel", () => {
  it("voids one nonce", async () => {
    const { marketplace, accounts } = await loadFixture(market);
    const { alice } = accounts;
    await expect(marketplace.connect(alice).cancel(5n))
      .to.emit(marketplace, "OfferCancelled")
      .withArgs(alice.address, 5n);
    expect((await marketplace.offerStatus(alice.address, 5n)).active).to.equal(false);
  });
});
