import { MEASURED } from "@commonwatt/sdk/profile";
import { day, interval } from "@commonwatt/sdk/time";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { createOfferStore } from "../../src/board/offer-store.ts";
import { createOutboxStore } from "../../src/outbox/outbox-store.ts";
import { createCheckStore } from "../../src/profiles/check-store.ts";
import type { Database, Sql } from "../../src/storage/sql.ts";
import { createUseStore } from "../../src/uses/use-store.ts";
import { createHarness, HARNESS_DAY, HARNESS_START } from "./pipeline-harness.ts";

const ADD = "INSERT INTO open_days (meter, day) VALUES (?, ?)";
const ALL = "SELECT meter, day FROM open_days ORDER BY meter, day";

/**
 * What every database has to do, whichever it is.
 *
 * @param open - An empty database with the oracle's schema.
 */
export function describeStorage(name: string, open: () => Promise<Database>): void {
  describe(name, () => {
    let database: Database;
    beforeEach(async () => {
      database = await open();
    });
    afterEach(() => database.close());

    describe("a transaction", () => {
      test("is taken whole or not at all", async () => {
        await expect(
          database.transaction(async (sql) => {
            await sql.run(ADD, 1, 1);
            throw new Error("in the middle");
          }),
        ).rejects.toThrow("in the middle");
        expect(await database.all(ALL)).toEqual([]);
        expect(await database.transaction(() => Promise.resolve(5))).toBe(5);
      });

      test("has nothing else run in between, in the order of the calls", async () => {
        const pause = Promise.withResolvers<undefined>();
        const order: string[] = [];
        const first = database.transaction(async (sql) => {
          await sql.run(ADD, 1, 1);
          await pause.promise;
          await sql.run(ADD, 1, 2);
          order.push("first");
          throw new Error("rolled back");
        });
        const write = database.run(ADD, 2, 2).then(() => order.push("write"));
        const second = database.transaction(async (sql) => {
          expect(await sql.all(ALL)).toMatchObject([{ meter: 2, day: 2 }]);
          order.push("second");
        });
        pause.resolve(undefined);
        await expect(first).rejects.toThrow("rolled back");
        await Promise.all([write, second]);
        expect(order[0]).toBe("first");
      });

      test("lets nobody write through it once it is over", async () => {
        let kept: Sql | undefined;
        await database.transaction((sql) => {
          kept = sql;
          return Promise.resolve();
        });
        await expect(kept?.run(ADD, 1, 1)).rejects.toThrow("is over");
        expect(await database.all(ALL)).toEqual([]);
      });
    });

    describe("statements", () => {
      test("return rows, the first row, and how many rows they changed", async () => {
        expect(await database.get(ALL)).toBeUndefined();
        await database.runMany(ADD, [
          [1, 1],
          [1, 2],
          [2, 1],
        ]);
        expect(await database.get(ALL)).toMatchObject({ meter: 1, day: 1 });
        expect(await database.all(ALL)).toHaveLength(3);
        expect(await database.run("DELETE FROM open_days WHERE meter = ?", 1)).toBe(2);
      });

      test("run for many rows take all or none", async () => {
        await expect(
          database.runMany(ADD, [
            [1, 1],
            [1, 1],
          ]),
        ).rejects.toThrow();
        expect(await database.all(ALL)).toEqual([]);
        await database.runMany(ADD, []);
      });

      test("give integers as numbers where they are exact, and as bigints beyond", async () => {
        await database.run(ADD, 1, 2n ** 53n + 1n);
        await database.run(ADD, 2, Number.MAX_SAFE_INTEGER);
        const rows = await database.all(ALL);
        expect(rows.map(({ day }) => day)).toEqual([2n ** 53n + 1n, Number.MAX_SAFE_INTEGER]);
      });

      test("that the database refuses fail, and the next is taken", async () => {
        await expect(database.run("INSERT INTO nowhere VALUES (1)")).rejects.toThrow("nowhere");
        expect(await database.run(ADD, 1, 1)).toBe(1);
      });

      test("take any text, bytes and nothing", async () => {
        const texts = ["'; DROP TABLE offers; --", '"quoted" {a,b} \\ back', "Straße ☀ 😀", ""];
        const insert = "INSERT INTO offers (hash, seller, meter, expiry, body) VALUES (?, ?, 1, 1, ?)";
        for (const [index, text] of texts.entries()) await database.run(insert, String(index), "s", text);
        await database.runMany(
          "INSERT INTO offers (hash, seller, meter, expiry, body) VALUES (?, ?, ?, ?, ?)",
          texts.map((text, index) => [`many ${index}`, "s", 1, 1, text]),
        );
        const rows = await database.all("SELECT body FROM offers WHERE hash LIKE 'many%' ORDER BY hash");
        expect(rows.map(({ body }) => body)).toEqual(texts);
        expect(
          await database.get("SELECT count(*) AS offers, max(reason) AS reason FROM offers, outbox"),
        ).toMatchObject({
          offers: 0,
          reason: null,
        });
      });
    });

    describe("the stores", () => {
      const profileOf = (of: number) => ({
        day: day(of),
        importRegister: 2n ** 44n - 1n,
        exportRegister: 0n,
        quality: Array<typeof MEASURED>(96).fill(MEASURED),
        imports: Array<number>(96).fill(3),
        exports: Array<number>(96).fill(0),
      });

      test("keep the outbox", async () => {
        const outbox = createOutboxStore(database);
        await outbox.add(1, profileOf(HARNESS_DAY));
        await outbox.add(2, profileOf(HARNESS_DAY), "share");
        const [first, second] = await outbox.toSign(10);
        expect(first).toMatchObject({ meter: 1, state: "closed", profile: profileOf(HARNESS_DAY) });
        await outbox.markSigned(first?.id ?? 0, "0x00000000000000000000000000000000000000d1", "0xab");
        await outbox.markSigned(second?.id ?? 0, "0x00000000000000000000000000000000000000d2", "0xcd");
        expect((await outbox.toSend(0, 10)).map(({ meter }) => meter)).toEqual([1]);
        expect((await outbox.waiting()).map(({ meter }) => meter)).toEqual([2]);
        await outbox.postpone(first?.id ?? 0, 5_000, "later");
        expect(await outbox.find(1, HARNESS_DAY)).toMatchObject({ attempts: 1, reason: "later", state: "signed" });
        expect(await outbox.toSend(4_999, 10)).toEqual([]);
        expect(await outbox.unrecorded()).toEqual(new Map([[1, HARNESS_DAY]]));
        await outbox.park(first?.id ?? 0, "for good");
        expect(await outbox.counts()).toMatchObject({ signed: 1, parked: 1, closed: 0 });
      });

      test("keep the offers of the board", async () => {
        const offers = createOfferStore(database);
        const offer = (nonce: number, meter: number, expiry: number) =>
          ({ hash: `0x${nonce}`, seller: "0xs", meter, expiry, body: `{"nonce":${nonce}}` }) as const;
        await offers.add(offer(1, 7, 200));
        await offers.add(offer(1, 8, 300));
        await offers.add(offer(2, 8, Number.MAX_SAFE_INTEGER));
        expect([await offers.has("0x1"), await offers.has("0x3")]).toEqual([true, false]);
        expect(await offers.list(100, undefined)).toEqual(['{"nonce":1}', '{"nonce":2}']);
        expect(await offers.list(100, 8)).toEqual(['{"nonce":2}']);
        expect([await offers.count(), await offers.countOf("0xs")]).toEqual([2, 2]);
        await offers.removeExpired(200);
        expect(await offers.list(0, undefined)).toEqual(['{"nonce":2}']);
      });

      test("take messages to a closed day", async () => {
        const harness = await createHarness({}, database);
        harness.setTime(86_400);
        await Promise.all(
          Array.from({ length: 97 }, (_, quarter) => {
            const body = JSON.stringify({ time: HARNESS_START + quarter * 900, I: 10 * quarter, X: 4 * quarter });
            return harness.handle({ topic: "emon/a", payload: Buffer.from(body), retained: false });
          }),
        );
        const [closed] = await harness.closeAt(86_400);
        expect(closed?.profile).toMatchObject({
          importRegister: 960n,
          exportRegister: 384n,
          imports: Array(96).fill(10),
        });
        expect(await (await createHarness({}, database)).closeAt(86_400)).toEqual([]);
      });

      test("keep the energy by use, and the power that is compared with counters until the day is closed", async () => {
        const inputs = [
          { input: "I", meaning: "importWh" },
          { input: "P", meaning: "checkPowerW" },
          { input: "H", meaning: "useWh", use: "heating" },
        ];
        const harness = await createHarness({ meters: [{ meter: 1, node: "a", fuseWatts: 17_250, inputs }] }, database);
        const send = async (from: number, to: number) => {
          for (let minute = from; minute <= to; minute++)
            await harness.send(minute * 60, {
              I: 20 * minute,
              P: minute > 15 && minute <= 30 ? 0 : 1_200,
              H: 10 * minute,
            });
        };
        await send(0, 40);
        await send(41, 60);
        await harness.send(86_400, { I: 40_000 });
        const [closed] = await harness.closeAt(86_400 + 3 * 3_600);
        expect(closed?.disagreement).toEqual({ counterNetWh: 1_200, powerNetWh: 900, intervals: 1 });
        const first = interval(HARNESS_START / 900);
        const uses = await createUseStore(database).usesOf(1, first, interval(first + 96));
        expect(uses.map(({ energyWh }) => energyWh)).toEqual([150, 150, 150, 150]);
        expect(await createCheckStore(database).through(1, interval(first + 95))).toEqual([]);
      });
    });
  });
}
