import { expect } from "chai";

import { measure } from "./bench/measure.ts";
import { differences, readSnapshot } from "./bench/snapshot.ts";

describe("gas", () => {
  it("is what the snapshot says; `npm run bench:gas -- --update` replaces it", async function () {
    this.timeout(120_000);
    const rows = await measure();
    expect(differences(await readSnapshot(), rows)).to.deep.equal([]);
  });
});
