import { expect } from "chai";

import { emptyStreet, loadFixture } from "./fixtures/street.ts";

describe("members", () => {
  it("admits a member with an event", async () => {
    const { neighbourhood, accounts } = await loadFixture(emptyStreet);
    await expect(neighbourhood.connect(accounts.operator).admitMember(accounts.alice.address))
      .to.emit(neighbourhood, "MemberAdmitted")
      .withArgs(accounts.alice.address);
    expect(await neighbourhood.isMember(accounts.alice.address)).to.equal(true);
  });
});
