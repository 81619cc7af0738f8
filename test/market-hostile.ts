import { expect } from "chai";

import { ethers, loadFixture, market } from "./fixtures/street.ts";

describe("marketplace among hostile contracts", () => {
  it("is not deployed for a currency without code", async () => {
    const { neighbourhood, marketplace, accounts } = await loadFixture(market);
    const { stranger } = accounts;
    const factory = await ethers.getContractFactory("Marketplace");
    await expect(factory.deploy(await neighbourhood.getAddress(), stranger.address))
      .to.be.revertedWithCustomError(marketplace, "NotAContract")
      .withArgs(stranger.address);
  });
});
