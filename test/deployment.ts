import { expect } from "chai";

import Local from "../ignition/modules/Local.ts";
import { connection } from "./fixtures/street.ts";

describe("deployment", () => {
  it("puts a whole local market on a chain", async () => {
    const { neighbourhood, token } = await connection.ignition.deploy(Local);
    expect(await token.getAddress()).to.equal(await neighbourhood.getFunction("token").staticCall());
  });
});
