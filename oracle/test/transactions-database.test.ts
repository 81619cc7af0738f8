import { join } from "node:path";

import { expect, test } from "vitest";

import { openSqlite } from "../src/storage/sqlite.ts";
import { testEndpoints } from "./support/endpoints.ts";
import { failingDatabase, type Fate } from "./support/failing-database.ts";
import { createProfileScene } from "./support/profile-scene.ts";
import { createTestSender } from "./support/submitter.ts";

test.each<Fate>(["unknown", "undone"])(
  "a transaction whose writing down fails (it took place: %s) is sent once, by the same process",
  async (fate) => {
    const scene = await createProfileScene();
    const real = await openSqlite(join(scene.folder, "oracle.sqlite"));
    const { privateKey, address } = await scene.newAccount();
    const { meter, days } = await scene.addDays(real);
    const { database } = failingDatabase(real, (transaction) => (transaction === 1 ? fate : "done"));
    const sender = createTestSender({
      ...{ database, privateKey, deployment: scene.deployment },
      endpoints: testEndpoints([scene.anvil.url], { nowMs: () => 0, timeoutSeconds: 5 }),
      nowMs: () => 0,
      calm: (hashes) => scene.calm(hashes),
    });
    await expect(sender.round()).rejects.toThrow("gone before");
    const recorded = async () => {
      await sender.round();
      return (await sender.outbox.counts()).recorded;
    };
    await expect.poll(recorded, { interval: 20 }).toBe(1);
    expect(await scene.recordedDays(meter)).toEqual(days);
    expect(await scene.client.getTransactionCount({ address })).toBe(1);
    await real.close();
    await scene.close();
  },
  180_000,
);
