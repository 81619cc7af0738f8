import { expect } from "chai";

import { emptyStreet, loadFixture } from "./fixtures/street.ts";

describe("access", () => {
  it("lets only the operator admit members", async () => {
    const { neighbourhood, accounts } = await loadFixture(emptyStreet);
    const { stranger } = accounts;
    await expect(neighbourhood.connect(stranger).admitMember(stranger.address))
      .to.be.revertedWithCustomError(neighbourhood, "AccessManagedUnauthorized")
      .withArgs(stranger.address);
  });
});
