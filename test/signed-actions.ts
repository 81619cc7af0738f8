import { expect } from "chai";

import { loadFixture, SOLAR, street } from "./fixtures/street.ts";

describe("signed actions", () => {
  it("refuses a signature that is none", async () => {
    const { neighbourhood, accounts } = await loadFixture(street);
    await expect(neighbourhood.revokeMyDeviceBySig(SOLAR, 2n ** 40n, "0x"))
      .to.be.revertedWithCustomError(neighbourhood, "InvalidSigner")
      .withArgs(accounts.alice.address);
  });
});
