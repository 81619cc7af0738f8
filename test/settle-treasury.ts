import { expect } from "chai";

import { announce, pastForcing, profilesOf, settleHonestly } from "./fixtures/settlement.ts";
import { SHARED_DAY, settlementStreet } from "./fixtures/settlement-street.ts";
import { loadFixture } from "./fixtures/street.ts";

describe("treasury", () => {
  it("holds the network charges and dust of settled days until the treasurer collects them", async () => {
    const street = await loadFixture(settlementStreet);
    const { neighbourhood, currency, accounts } = street;
    const profiles = await profilesOf(street);
    await announce(street, SHARED_DAY, street.sharers);
    await pastForcing(street);
    const { clearing } = await settleHonestly(street, SHARED_DAY, { profiles });
    const collected = clearing.treasuryBaseUnits;
    const { networkChargeTicks } = await neighbourhood.tariffOf(SHARED_DAY);
    // Every kWh paid the charge; what lies above it is dust, less than 1.06 base units a meter.
    const charges = (clearing.clearedWh * networkChargeTicks) / 10n;
    expect(charges).to.be.greaterThan(0n);
    expect(collected - charges).to.be.within(0n, 7n);
    expect(await neighbourhood.treasuryBalance()).to.equal(collected);
    const held = await neighbourhood.heldBalance();

    await expect(neighbourhood.connect(accounts.treasurer).collectTreasury(accounts.carol.address))
      .to.emit(neighbourhood, "TreasuryCollected")
      .withArgs(accounts.carol.address, collected);
    expect(await currency.balanceOf(accounts.carol.address)).to.equal(collected);
    expect(await neighbourhood.treasuryBalance()).to.equal(0n);
    expect(await neighbourhood.heldBalance()).to.equal(held - collected);
    expect(await currency.balanceOf(neighbourhood)).to.equal(held - collected);
  });
});
