import { expect } from "chai";

import { loadFixture, SOLAR, street } from "./fixtures/street.ts";

describe("devices", () => {
  it("knows the state a device carries", async () => {
    const { neighbourhood, solar } = await loadFixture(street);
    expect((await neighbourhood.deviceState(solar.device.address)).meter).to.equal(SOLAR);
  });
});
