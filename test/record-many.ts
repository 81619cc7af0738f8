import { expect } from "chai";

import { FIRST_DAY, series } from "./fixtures/calendar.ts";
import { loadFixture, street } from "./fixtures/street.ts";

describe("recordMany", () => {
  it("records the profiles of several meters", async () => {
    const { neighbourhood, solar, home } = await loadFixture(street);
    const profiles = [
      await solar.profile({ day: FIRST_DAY, exports: series(100, 30, 10) }),
      await home.profile({ day: FIRST_DAY, imports: series(100) }),
    ];
    expect(await neighbourhood.recordMany.staticCall(profiles)).to.equal(2n);
  });
});
