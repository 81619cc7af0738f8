import { expect } from "chai";
import { MaxUint256 } from "ethers";

import { typesOf } from "./fixtures/actions.ts";
import { expectRefusal } from "./fixtures/refusal.ts";
import { key, loadFixture } from "./fixtures/street.ts";
import { each, NO_LIMIT, sunnyMarket } from "./fixtures/trade.ts";

const LAST_NONCE = 2n ** 64n - 1n;

describe("cancel", () => {
  it("voids the offer with this nonce, and no other", async () => {
    const { marketplace, accounts, fillOf, buy } = await loadFixture(sunnyMarket);
    const { alice, bob } = accounts;
    await expect(marketplace.connect(alice).cancel(5n))
      .to.emit(marketplace, "OfferCancelled")
      .withArgs(alice.address, 5n);
    expect(await marketplace.offerStatus(alice.address, 5n)).to.deep.equal([0n, false]);
    const buying = buy(bob, await fillOf([1], { nonce: 5n }));
    await expectRefusal(buying, marketplace, "OfferNotActive", alice.address, 5n);
    for (const nonce of [4n, 6n]) await buy(bob, await fillOf([1], { nonce }));
  });

  it("voids a partly filled offer", async () => {
    const { marketplace, accounts, fillOf, buy } = await loadFixture(sunnyMarket);
    const { alice, bob } = accounts;
    await buy(bob, await fillOf([10], { maxWh: 50n }));
    await marketplace.connect(alice).cancel(1n);
    expect(await marketplace.offerStatus(alice.address, 1n)).to.deep.equal([10n, false]);
    const buying = buy(bob, await fillOf([10], { maxWh: 50n }));
    await expectRefusal(buying, marketplace, "OfferNotActive", alice.address, 1n);
  });

  it("voids the last nonce there is", async () => {
    const { marketplace, accounts } = await loadFixture(sunnyMarket);
    await marketplace.connect(accounts.alice).cancel(LAST_NONCE);
    const again = marketplace.connect(accounts.alice).cancel(LAST_NONCE);
    await expectRefusal(again, marketplace, "OfferNotActive", accounts.alice.address, LAST_NONCE);
  });

  it("leaves everybody else's offer with the same nonce", async () => {
    const { marketplace, accounts, fillOf, buy } = await loadFixture(sunnyMarket);
    for (const other of [accounts.bob, accounts.carol, accounts.stranger]) await marketplace.connect(other).cancel(1n);
    await expect(buy(accounts.bob, await fillOf([1]))).to.emit(marketplace, "OfferFilled");
  });

  it("leaves the offers of a seller whose address falls on the same bit of the set of cancellers", async () => {
    const { marketplace, marketplaceDomain, accounts, fillOf, buy } = await loadFixture(sunnyMarket);
    const { alice, bob, stranger } = accounts;
    const bit = (address: string) => BigInt(address) % 192n;
    // One of 192 keys has the bit: 10,000 names without one are beyond all chance.
    const names = Array.from({ length: 10_000 }, (_, i) => `neighbour on the bit ${i}`);
    const other = names.find((name) => bit(key(name).address) === bit(alice.address));
    const seller = key(other ?? "");
    const content = { seller: seller.address, offerNonce: 1n, nonce: 0n, deadline: MaxUint256 };
    const signature = await seller.signTypedData(marketplaceDomain, typesOf("Cancel"), content);
    await marketplace.connect(stranger).cancelBySig(seller.address, 1n, MaxUint256, signature);
    expect((await marketplace.offerStatus(seller.address, 1n)).active).to.equal(false);
    expect((await marketplace.offerStatus(alice.address, 1n)).active).to.equal(true);
    await expect(buy(bob, await fillOf([1]))).to.emit(marketplace, "OfferFilled");
  });

  it("is refused for an offer that is void already", async () => {
    const { marketplace, accounts } = await loadFixture(sunnyMarket);
    const alices = marketplace.connect(accounts.alice);
    await alices.cancel(5n);
    await expectRefusal(alices.cancel(5n), marketplace, "OfferNotActive", accounts.alice.address, 5n);
    await alices.cancelAll(9n);
    await expectRefusal(alices.cancel(8n), marketplace, "OfferNotActive", accounts.alice.address, 8n);
  });

  it("makes the buyer's whole purchase fail", async () => {
    const { marketplace, token, accounts, fillOf } = await loadFixture(sunnyMarket);
    const { alice, bob } = accounts;
    await marketplace.connect(alice).cancel(2n);
    const orders = [await fillOf(each(1)), await fillOf(each(1), { nonce: 2n })];
    const buying = marketplace.connect(bob).fillMany(orders, NO_LIMIT);
    await expectRefusal(buying, marketplace, "OfferNotActive", alice.address, 2n);
    expect(await token.balanceOfRange(bob.address, 1, orders[0]?.firstInterval ?? 0, 1)).to.deep.equal([0n]);
  });
});

describe("cancelAll", () => {
  it("voids every offer with a lower nonce", async () => {
    const { marketplace, accounts, fillOf, buy } = await loadFixture(sunnyMarket);
    const { alice, bob } = accounts;
    await expect(marketplace.connect(alice).cancelAll(7n))
      .to.emit(marketplace, "OffersCancelled")
      .withArgs(alice.address, 7n);
    for (const nonce of [0n, 6n]) {
      expect((await marketplace.offerStatus(alice.address, nonce)).active).to.equal(false);
      const buying = buy(bob, await fillOf([1], { nonce }));
      await expectRefusal(buying, marketplace, "OfferNotActive", alice.address, nonce);
    }
    for (const nonce of [7n, LAST_NONCE]) await buy(bob, await fillOf([1], { nonce }));
  });

  it("only ever goes up", async () => {
    const { marketplace, accounts } = await loadFixture(sunnyMarket);
    const alices = marketplace.connect(accounts.alice);
    await expectRefusal(alices.cancelAll(0n), marketplace, "NonceTooLow", 0, 0);
    await alices.cancelAll(7n);
    await expectRefusal(alices.cancelAll(7n), marketplace, "NonceTooLow", 7, 7);
    await expectRefusal(alices.cancelAll(3n), marketplace, "NonceTooLow", 3, 7);
    await alices.cancelAll(LAST_NONCE);
  });
});
