import { expect } from "chai";
import { ZeroAddress } from "ethers";

import { dayEnd, SECONDS_PER_DAY } from "./fixtures/calendar.ts";
import { expectRefusal, GAS } from "./fixtures/refusal.ts";
import { loadFixture, SOLAR, time } from "./fixtures/street.ts";
import { DAY, NO_LIMIT, SUN_AT, sunnyMarket } from "./fixtures/trade.ts";

const TODAY = DAY + 1;

/** A market with a charge of 7 ticks in force. */
async function chargingMarket() {
  const open = await sunnyMarket();
  await open.marketplace.connect(open.accounts.governor).scheduleNetworkCharge(7, TODAY + 1);
  await time.increaseTo(dayEnd(TODAY));
  return open;
}

describe("network charge", () => {
  it("is nothing until one is scheduled", async () => {
    const { marketplace } = await loadFixture(sunnyMarket);
    expect(await marketplace.networkChargeTicks()).to.equal(0n);
  });

  it("is in force from the first second of its day", async () => {
    const { marketplace, accounts } = await loadFixture(sunnyMarket);
    const scheduling = marketplace.connect(accounts.governor).scheduleNetworkCharge(300, TODAY + 2);
    await expect(scheduling)
      .to.emit(marketplace, "NetworkChargeScheduled")
      .withArgs(300, TODAY + 2);
    await time.increaseTo((TODAY + 2) * SECONDS_PER_DAY - 1);
    expect(await marketplace.networkChargeTicks()).to.equal(0n);
    await time.increaseTo((TODAY + 2) * SECONDS_PER_DAY);
    expect(await marketplace.networkChargeTicks()).to.equal(300n);
  });

  it("is replaced as long as it is not in force", async () => {
    const { marketplace, accounts } = await loadFixture(chargingMarket);
    const governed = marketplace.connect(accounts.governor);
    await governed.scheduleNetworkCharge(65_535, TODAY + 2);
    await governed.scheduleNetworkCharge(9, TODAY + 3);
    expect(await marketplace.networkChargeTicks()).to.equal(7n);
    await time.increaseTo(dayEnd(TODAY + 1));
    expect(await marketplace.networkChargeTicks()).to.equal(7n);
    await time.increaseTo(dayEnd(TODAY + 2));
    expect(await marketplace.networkChargeTicks()).to.equal(9n);
  });

  it("cannot be set for a day that has begun", async () => {
    const { marketplace, accounts } = await loadFixture(sunnyMarket);
    const governed = marketplace.connect(accounts.governor);
    for (const day of [0, TODAY - 1, TODAY]) {
      await expectRefusal(governed.scheduleNetworkCharge(100, day), marketplace, "ChargeNotInFuture", day, TODAY);
    }
    await time.setNextBlockTimestamp(dayEnd(TODAY));
    const justBegun = governed.scheduleNetworkCharge(100, TODAY + 1, GAS);
    await expectRefusal(justBegun, marketplace, "ChargeNotInFuture", TODAY + 1, TODAY + 1);
  });

  it("keeps what sellers have cancelled", async () => {
    const { marketplace, accounts } = await loadFixture(sunnyMarket);
    await marketplace.connect(accounts.alice).cancel(3n);
    await marketplace.connect(accounts.governor).scheduleNetworkCharge(65_535, TODAY + 1);
    expect((await marketplace.offerStatus(accounts.alice.address, 3n)).active).to.equal(false);
  });

  it("is added to what the buyer pays, and rounded up once per fill", async () => {
    const { marketplace, currency, accounts, fillOf, buy } = await loadFixture(chargingMarket);
    const { alice, bob } = accounts;
    // 13 Wh at 11 ticks is 14.3 base units, at 7 ticks 9.1.
    const buying = buy(bob, await fillOf([6, 7], { priceTicks: 11 }));
    await expect(buying)
      .to.emit(marketplace, "OfferFilled")
      .withArgs(alice.address, bob.address, 1n, SOLAR, 11, SUN_AT, 13n, 15n, 10n);
    expect(await currency.balanceOf(alice.address)).to.equal(15n);
    expect(await currency.balanceOf(await marketplace.getAddress())).to.equal(10n);
    expect(await currency.balanceOf(bob.address)).to.equal(1_000_000_000n - 25n);
  });

  it("counts towards the most the buyer pays", async () => {
    const { marketplace, accounts, fillOf, buy } = await loadFixture(chargingMarket);
    const order = await fillOf([6, 7], { priceTicks: 11 });
    await expectRefusal(buy(accounts.bob, order, 24n), marketplace, "PaymentAboveLimit", 25, 24);
    await expect(buy(accounts.bob, order, 25n)).to.emit(marketplace, "OfferFilled");
  });

  it("is collected by the treasurer, wherever the treasurer wants it", async () => {
    const { marketplace, currency, accounts, fillOf, buy } = await loadFixture(chargingMarket);
    await buy(accounts.bob, await fillOf([100]), NO_LIMIT);
    const collecting = marketplace.connect(accounts.treasurer).collectNetworkCharges(accounts.stranger.address);
    await expect(collecting).to.emit(marketplace, "NetworkChargesCollected").withArgs(accounts.stranger.address, 70n);
    expect(await currency.balanceOf(accounts.stranger.address)).to.equal(70n);
    expect(await currency.balanceOf(await marketplace.getAddress())).to.equal(0n);
  });

  it("is not collected to nobody", async () => {
    const { marketplace, currency, accounts } = await loadFixture(chargingMarket);
    const collecting = marketplace.connect(accounts.treasurer).collectNetworkCharges(ZeroAddress);
    await expectRefusal(collecting, currency, "ERC20InvalidReceiver", ZeroAddress);
  });
});
