import { expect } from "chai";
import { ZeroAddress } from "ethers";

import { dayEnd, firstInterval } from "./fixtures/calendar.ts";
import { makeFill, signOffer } from "./fixtures/offers.ts";
import { expectRefusal, GAS } from "./fixtures/refusal.ts";
import { toCompact, toHighS } from "./fixtures/signatures.ts";
import { HOME, loadFixture, SOLAR, time } from "./fixtures/street.ts";
import { DAY, each, NO_LIMIT, NO_PERMIT, signPermit, SUN_AT, sunnyMarket, sunToken } from "./fixtures/trade.ts";

const FIRST = firstInterval(DAY);

describe("fill", () => {
  it("pays the seller and delivers to the buyer", async () => {
    const { marketplace, token, currency, accounts, fillOf, buy } = await loadFixture(sunnyMarket);
    const { alice, bob } = accounts;
    const buying = buy(bob, await fillOf([30, 0, 50]));
    await expect(buying)
      .to.emit(marketplace, "OfferFilled")
      .withArgs(alice.address, bob.address, 1n, SOLAR, 1_500, SUN_AT, 80n, 12_000n, 0n);
    await expect(buying)
      .to.emit(token, "TransferBatch")
      .withArgs(await marketplace.getAddress(), alice.address, bob.address, [sunToken(0), sunToken(2)], [30n, 50n]);
    expect(await currency.balanceOf(alice.address)).to.equal(12_000n);
    expect(await token.balanceOfRange(bob.address, SOLAR, SUN_AT, 3)).to.deep.equal([30n, 0n, 50n]);
    expect(await token.balanceOfRange(alice.address, SOLAR, SUN_AT, 3)).to.deep.equal([70n, 100n, 50n]);
  });

  it("delivers a single interval as a single transfer", async () => {
    const { marketplace, token, accounts, fillOf, buy } = await loadFixture(sunnyMarket);
    await expect(buy(accounts.bob, await fillOf([30])))
      .to.emit(token, "TransferSingle")
      .withArgs(await marketplace.getAddress(), accounts.alice.address, accounts.bob.address, sunToken(), 30n);
  });

  describe("of an offer", () => {
    it("ends with the second of its expiry", async () => {
      const { marketplace, accounts, fillOf } = await loadFixture(sunnyMarket);
      const expiry = dayEnd(DAY + 3) + 17;
      const order = await fillOf([1], { expiry });
      const bobs = marketplace.connect(accounts.bob);
      await time.setNextBlockTimestamp(expiry - 1);
      await expect(bobs.fill(order, NO_LIMIT, GAS)).to.emit(marketplace, "OfferFilled");
      await time.setNextBlockTimestamp(expiry);
      await expectRefusal(bobs.fill(order, NO_LIMIT, GAS), marketplace, "OfferExpired", expiry, expiry);
    });

    it("outlives its tokens, which then cannot be delivered", async () => {
      const { token, accounts, fillOf, buy } = await loadFixture(sunnyMarket);
      const order = await fillOf([1], { expiry: dayEnd(DAY + 100) });
      await time.increaseTo(dayEnd(DAY + 28));
      const buying = buy(accounts.bob, order);
      await expectRefusal(buying, token, "ERC1155InsufficientBalance", accounts.alice.address, 0, 1, sunToken());
    });

    it("is for the buyer it names", async () => {
      const { marketplace, accounts, fillOf, buy } = await loadFixture(sunnyMarket);
      const { bob, carol } = accounts;
      const order = await fillOf([1], { buyer: bob.address });
      await expectRefusal(buy(carol, order), marketplace, "WrongBuyer", carol.address, bob.address);
      await expect(buy(bob, order)).to.emit(marketplace, "OfferFilled");
    });

    it("is of this neighbourhood's token", async () => {
      const { marketplace, token, accounts, fillOf, buy } = await loadFixture(sunnyMarket);
      const wrong = accounts.stranger.address;
      const buying = buy(accounts.bob, await fillOf([1], { token: wrong }));
      await expectRefusal(buying, marketplace, "WrongToken", wrong, await token.getAddress());
    });

    for (const [name, first, count] of [
      ["begins before", SUN_AT + 1, 2],
      ["ends after", SUN_AT + 4, 3],
    ] as const) {
      it(`is refused for a range that ${name} the one on offer`, async () => {
        const { marketplace, accounts, fillOf, buy } = await loadFixture(sunnyMarket);
        const [offerFirst, offerLast] = [SUN_AT + 2, SUN_AT + 5];
        const range = { firstInterval: offerFirst, lastInterval: offerLast };
        const buying = buy(accounts.bob, await fillOf(each(1, count), range, first));
        const last = first + count - 1;
        await expectRefusal(buying, marketplace, "IntervalsOutsideOffer", first, last, offerFirst, offerLast);
        await buy(accounts.bob, await fillOf(each(1, 4), range, offerFirst));
      });
    }

    it("is refused for a range at the end of time", async () => {
      const { marketplace, accounts, fillOf, buy } = await loadFixture(sunnyMarket);
      const end = 2 ** 32 - 1;
      const buying = buy(accounts.bob, await fillOf([1, 1], { lastInterval: end }, end));
      await expectRefusal(buying, marketplace, "IntervalsOutsideOffer", end, end + 1, FIRST, end);
    });

    it("is refused for nothing", async () => {
      const { marketplace, accounts, fillOf, buy } = await loadFixture(sunnyMarket);
      for (const nothing of [[], [0], [0, 0]]) {
        await expectRefusal(buy(accounts.bob, await fillOf(nothing)), marketplace, "NothingToFill");
      }
      await expectRefusal(marketplace.connect(accounts.bob).fillMany([], NO_LIMIT), marketplace, "NothingToFill");
    });

    it("is refused beyond what the seller holds", async () => {
      const { token, accounts, fillOf, buy } = await loadFixture(sunnyMarket);
      const buying = buy(accounts.bob, await fillOf([100, 101]));
      await expectRefusal(buying, token, "ERC1155InsufficientBalance", accounts.alice.address, 100, 101, sunToken(1));
    });

    it("is refused where the seller does not let the marketplace deliver", async () => {
      const { marketplace, token, accounts, fillOf, buy } = await loadFixture(sunnyMarket);
      const { alice, bob } = accounts;
      const address = await marketplace.getAddress();
      await token.connect(alice).setApprovalForAll(address, false);
      await expectRefusal(buy(bob, await fillOf([1])), token, "ERC1155MissingApprovalForAll", address, alice.address);
    });

    it("is refused for a meter that does not exist", async () => {
      const { token, accounts, fillOf, buy } = await loadFixture(sunnyMarket);
      const buying = buy(accounts.bob, await fillOf([1], { meter: 99 }));
      const id = sunToken(0, 99);
      await expectRefusal(buying, token, "ERC1155InsufficientBalance", accounts.alice.address, 0, 1, id);
    });
  });

  describe("with a signature", () => {
    it("of somebody else is refused", async () => {
      const { marketplace, accounts, offerOf, buy, ...open } = await loadFixture(sunnyMarket);
      const order = await makeFill({ marketplace, accounts, ...open }, accounts.bob, await offerOf(), SUN_AT, [1]);
      await expectRefusal(buy(accounts.bob, order), marketplace, "InvalidOfferSignature", accounts.alice.address);
    });

    for (const change of [
      { priceTicks: 1_499 },
      { maxWh: 1n },
      { nonce: 2n },
      { expiry: (DAY + 21) * 86_400 },
      { firstInterval: FIRST - 1 },
      { lastInterval: FIRST + 96 },
      { meter: HOME },
    ]) {
      it(`over another ${Object.keys(change).join()} is refused`, async () => {
        const { marketplace, accounts, fillOf, buy } = await loadFixture(sunnyMarket);
        const order = await fillOf([1]);
        const changed = { ...order, offer: { ...order.offer, ...change } };
        await expectRefusal(buy(accounts.bob, changed), marketplace, "InvalidOfferSignature", accounts.alice.address);
      });
    }

    it("over an offer for one buyer is refused for everybody", async () => {
      const { marketplace, accounts, fillOf, buy } = await loadFixture(sunnyMarket);
      const order = await fillOf([1], { buyer: accounts.carol.address });
      const changed = { ...order, offer: { ...order.offer, buyer: ZeroAddress } };
      await expectRefusal(buy(accounts.bob, changed), marketplace, "InvalidOfferSignature", accounts.alice.address);
    });

    it("for another chain or marketplace is refused", async () => {
      const { marketplace, marketplaceDomain, accounts, fillOf, offerOf, buy } = await loadFixture(sunnyMarket);
      const order = await fillOf([1]);
      for (const elsewhere of [{ chainId: 1n }, { verifyingContract: accounts.stranger.address }]) {
        const signature = await signOffer(accounts.alice, { ...marketplaceDomain, ...elsewhere }, await offerOf());
        const buying = buy(accounts.bob, { ...order, signature });
        await expectRefusal(buying, marketplace, "InvalidOfferSignature", accounts.alice.address);
      }
    });

    for (const [name, change] of [
      ["high s", toHighS],
      ["64 bytes", toCompact],
      ["no bytes", () => "0x"],
    ] as const) {
      it(`of ${name} is refused`, async () => {
        const { marketplace, accounts, fillOf, buy } = await loadFixture(sunnyMarket);
        const order = await fillOf([1]);
        const buying = buy(accounts.bob, { ...order, signature: change(order.signature) });
        await expectRefusal(buying, marketplace, "InvalidOfferSignature", accounts.alice.address);
      });
    }

    it("of nobody is refused for the zero address", async () => {
      const { marketplace, accounts, fillOf, buy } = await loadFixture(sunnyMarket);
      const order = await fillOf([1]);
      const nobodys = { ...order, offer: { ...order.offer, seller: ZeroAddress }, signature: `0x${"00".repeat(65)}` };
      await expectRefusal(buy(accounts.bob, nobodys), marketplace, "InvalidOfferSignature", ZeroAddress);
    });
  });

  describe("of an offer with a maximum", () => {
    it("counts what was sold and refuses more", async () => {
      const { marketplace, accounts, fillOf, buy } = await loadFixture(sunnyMarket);
      const { alice, bob, carol } = accounts;
      await buy(bob, await fillOf([30, 20], { maxWh: 70n }));
      expect(await marketplace.offerStatus(alice.address, 1n)).to.deep.equal([50n, true]);
      const order = await fillOf([21], { maxWh: 70n });
      await expectRefusal(buy(carol, order), marketplace, "OfferOverfilled", 1, 21, 20);
      await buy(carol, await fillOf([20], { maxWh: 70n }));
      await expectRefusal(buy(carol, await fillOf([1], { maxWh: 70n })), marketplace, "OfferOverfilled", 1, 1, 0);
    });

    it("shares the count between offers of one nonce", async () => {
      const { marketplace, accounts, fillOf, buy } = await loadFixture(sunnyMarket);
      await buy(accounts.bob, await fillOf([50], { maxWh: 50n }));
      const smaller = await fillOf([1], { maxWh: 40n });
      await expectRefusal(buy(accounts.bob, smaller), marketplace, "OfferOverfilled", 1, 1, 0);
      const larger = await fillOf([11], { maxWh: 60n });
      await expectRefusal(buy(accounts.bob, larger), marketplace, "OfferOverfilled", 1, 11, 10);
    });

    it("is not refilled by tokens that come back", async () => {
      const { marketplace, accounts, token, give, resale, buy } = await loadFixture(sunnyMarket);
      const { bob, carol } = accounts;
      await give(bob.address, [40]);
      const order = await resale(bob, [40], { maxWh: 40n });
      await buy(carol, order);
      await token.connect(carol).safeTransferFrom(carol.address, bob.address, sunToken(), 40n, "0x");
      await expectRefusal(buy(carol, order), marketplace, "OfferOverfilled", 1, 40, 0);
    });
  });

  describe("of an offer without a maximum", () => {
    it("is refused when the seller does not own the meter", async () => {
      const { marketplace, accounts, give, resale, buy } = await loadFixture(sunnyMarket);
      const { alice, bob, carol } = accounts;
      await give(bob.address, [40, 40]);
      for (const energyWh of [[40], [40, 40]]) {
        const buying = buy(carol, await resale(bob, energyWh, { maxWh: 0n }));
        await expectRefusal(buying, marketplace, "NotMeterOwner", SOLAR, alice.address, bob.address);
      }
      await expect(buy(carol, await resale(bob, [40], { maxWh: 40n }))).to.emit(marketplace, "OfferFilled");
    });

    it("sells all the owner holds, tokens that come back included", async () => {
      const { token, accounts, fillOf, buy } = await loadFixture(sunnyMarket);
      const { alice, bob, carol } = accounts;
      const order = await fillOf([100]);
      await buy(bob, order);
      await expectRefusal(buy(carol, order), token, "ERC1155InsufficientBalance", alice.address, 0, 100, sunToken());
      await token.connect(bob).safeTransferFrom(bob.address, alice.address, sunToken(), 100n, "0x");
      await buy(carol, order);
      expect(await token.balanceOf(carol.address, sunToken())).to.equal(100n);
    });
  });

  describe("costs", () => {
    it("at most what the buyer allows", async () => {
      const { marketplace, accounts, fillOf, buy } = await loadFixture(sunnyMarket);
      const order = await fillOf([10]);
      await expectRefusal(buy(accounts.bob, order, 1_499n), marketplace, "PaymentAboveLimit", 1_500, 1_499);
      await expect(buy(accounts.bob, order, 1_500n)).to.emit(marketplace, "OfferFilled");
    });

    it("at most what the buyer allows for many offers together", async () => {
      const { marketplace, accounts, fillOf } = await loadFixture(sunnyMarket);
      const orders = [await fillOf([10]), await fillOf([10], { nonce: 2n, priceTicks: 900 })];
      const bobs = marketplace.connect(accounts.bob);
      await expectRefusal(bobs.fillMany(orders, 2_399n), marketplace, "PaymentAboveLimit", 2_400, 2_399);
      await expect(bobs.fillMany(orders, 2_400n)).to.emit(marketplace, "OfferFilled");
    });

    for (const [energyWh, priceTicks, paid] of [
      [1, 1, 1n],
      [10, 1, 1n],
      [11, 1, 2n],
      [99, 65_535, 648_797n],
    ] as const) {
      it(`${paid} base units for ${energyWh} Wh at ${priceTicks} ticks, rounded up`, async () => {
        const { currency, accounts, fillOf, buy } = await loadFixture(sunnyMarket);
        await buy(accounts.bob, await fillOf([energyWh], { priceTicks }));
        expect(await currency.balanceOf(accounts.alice.address)).to.equal(paid);
      });
    }

    it("more in small parts than at once", async () => {
      const { marketplace, currency, accounts, fillOf } = await loadFixture(sunnyMarket);
      const part = await fillOf([1], { priceTicks: 1 });
      await marketplace.connect(accounts.bob).fillMany(new Array<typeof part>(10).fill(part), NO_LIMIT);
      expect(await currency.balanceOf(accounts.alice.address)).to.equal(10n);
    });

    it("nothing at a price of 0, without touching the currency", async () => {
      const { currency, accounts, fillOf, buy } = await loadFixture(sunnyMarket);
      await currency.connect(accounts.bob).approve(await currency.getAddress(), 0n);
      await expect(buy(accounts.bob, await fillOf([5], { priceTicks: 0 }), 0n)).to.not.emit(currency, "Transfer");
    });

    it("more than the buyer has, and is refused", async () => {
      const { currency, accounts, fillOf, buy } = await loadFixture(sunnyMarket);
      const { bob, stranger } = accounts;
      await currency.connect(bob).transfer(stranger.address, 1_000_000_000n - 14n);
      const buying = buy(bob, await fillOf([1], { priceTicks: 150 }));
      await expectRefusal(buying, currency, "ERC20InsufficientBalance", bob.address, 14, 15);
    });
  });

  describe("of many offers", () => {
    it("is all or nothing", async () => {
      const { token, marketplace, currency, accounts, fillOf } = await loadFixture(sunnyMarket);
      const { alice, bob } = accounts;
      const orders = [await fillOf(each(50)), await fillOf(each(51), { nonce: 2n })];
      const buying = marketplace.connect(bob).fillMany(orders, NO_LIMIT);
      await expectRefusal(buying, token, "ERC1155InsufficientBalance", alice.address, 50, 51, sunToken());
      expect(await currency.balanceOf(alice.address)).to.equal(0n);
    });

    it("delivers from several sellers", async () => {
      const { token, marketplace, accounts, give, fillOf, resale } = await loadFixture(sunnyMarket);
      const { bob, carol } = accounts;
      await give(bob.address, [40]);
      const orders = [await fillOf([10]), await resale(bob, [40], { maxWh: 40n, priceTicks: 2_000 })];
      await marketplace.connect(carol).fillMany(orders, 9_500n);
      expect(await token.balanceOf(carol.address, sunToken())).to.equal(50n);
    });
  });

  describe("with a permit", () => {
    /** Carol has allowed nothing yet. */
    async function permitMarket() {
      const open = await sunnyMarket();
      await open.currency.connect(open.accounts.carol).approve(await open.marketplace.getAddress(), 0n);
      return open;
    }
    const deadline = BigInt(dayEnd(DAY + 5));

    it("needs no approval", async () => {
      const open = await loadFixture(permitMarket);
      const { marketplace, token, accounts, fillOf } = open;
      const permit = await signPermit(open, accounts.carol, 1_500n, deadline);
      await marketplace.connect(accounts.carol).fillManyWithPermit([await fillOf([10])], 1_500n, permit);
      expect(await token.balanceOf(accounts.carol.address, sunToken())).to.equal(10n);
    });

    it("that somebody else has used before is no error", async () => {
      const open = await loadFixture(permitMarket);
      const { marketplace, token, currency, accounts, fillOf } = open;
      const { carol, stranger } = accounts;
      const permit = await signPermit(open, carol, 1_500n, deadline);
      const { v, r, s } = permit;
      const spender = await marketplace.getAddress();
      await currency.connect(stranger).permit(carol.address, spender, 1_500n, deadline, v, r, s);
      await marketplace.connect(carol).fillManyWithPermit([await fillOf([10])], 1_500n, permit);
      expect(await token.balanceOf(carol.address, sunToken())).to.equal(10n);
    });

    it("that nobody signed leaves the allowance to decide", async () => {
      const { marketplace, currency, accounts, fillOf } = await loadFixture(permitMarket);
      const { bob, carol } = accounts;
      const orders = [await fillOf([10])];
      const refused = marketplace.connect(carol).fillManyWithPermit(orders, NO_LIMIT, NO_PERMIT);
      const spender = await marketplace.getAddress();
      await expectRefusal(refused, currency, "ERC20InsufficientAllowance", spender, 0, 1_500);
      const allowed = marketplace.connect(bob).fillManyWithPermit(orders, NO_LIMIT, NO_PERMIT);
      await expect(allowed).to.emit(marketplace, "OfferFilled");
    });
  });
});
