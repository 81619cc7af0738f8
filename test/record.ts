import { expect } from "chai";

import { FIRST_DAY, series } from "./fixtures/calendar.ts";
import { loadFixture, street } from "./fixtures/street.ts";

describe("record", () => {
  it("records a day once", async () => {
    const { neighbourhood, solar } = await loadFixture(street);
    const profile = await solar.profile({ day: FIRST_DAY, exports: series(100, 30, 10) });
    await neighbourhood.record(profile);
    await expect(neighbourhood.record(profile))
      .to.be.revertedWithCustomError(neighbourhood, "DayNotAfterLast")
      .withArgs(FIRST_DAY, FIRST_DAY);
  });
});
