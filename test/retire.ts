import { expect } from "chai";

import { FIRST_DAY } from "./fixtures/calendar.ts";
import { HOME, loadFixture, street } from "./fixtures/street.ts";

describe("retire", () => {
  it("is for the owner of the meter", async () => {
    const { neighbourhood, accounts } = await loadFixture(street);
    const { bob, stranger } = accounts;
    const retirement = { meter: HOME, day: FIRST_DAY, remainingImports: "0x", ranges: [] };
    await expect(neighbourhood.connect(stranger).retire(retirement))
      .to.be.revertedWithCustomError(neighbourhood, "NotMeterOwner")
      .withArgs(HOME, bob.address, stranger.address);
  });
});
