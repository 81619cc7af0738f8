import { expect } from "chai";

import { loadFixture, street } from "./fixtures/street.ts";

describe("meters", () => {
  it("names an unknown meter", async () => {
    const { neighbourhood } = await loadFixture(street);
    await expect(neighbourhood.meter(99)).to.be.revertedWithCustomError(neighbourhood, "UnknownMeter").withArgs(99);
  });
});
