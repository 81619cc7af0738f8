import { expect } from "chai";

import { FIRST_DAY, series } from "./fixtures/calendar.ts";
import { addDevice, addMeter, emptyStreet, ethers, loadFixture, time } from "./fixtures/street.ts";
import { dayEnd } from "./fixtures/calendar.ts";

describe("receivers", () => {
  it("names a receiver that is no receiver", async () => {
    const empty = await loadFixture(emptyStreet);
    const owner = await (await ethers.deployContract("DemoEuro")).getAddress();
    await addMeter(empty, 7, owner);
    const house = await addDevice(empty, 7, "contract's device");
    await time.increaseTo(dayEnd(FIRST_DAY));
    await expect(empty.neighbourhood.record(await house.profile({ day: FIRST_DAY, exports: series(1) })))
      .to.be.revertedWithCustomError(empty.token, "ReceiverRefused")
      .withArgs(owner);
  });
});
