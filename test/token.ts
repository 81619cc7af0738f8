import { expect } from "chai";

import { loadFixture, street } from "./fixtures/street.ts";

describe("energy token", () => {
  it("is an ERC-1155 by ERC-165", async () => {
    const { token } = await loadFixture(street);
    expect(await token.supportsInterface("0xd9b67a26")).to.equal(true);
    expect(await token.supportsInterface("0xffffffff")).to.equal(false);
  });
});
