import { setTimeout as sleep } from "node:timers/promises";

import { type DayProfile, MEASURED } from "@commonwatt/sdk/profile";
import { day } from "@commonwatt/sdk/time";
import { pino } from "pino";
import type { Address } from "viem";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { nonceSecret } from "../src/api/nonces.ts";
import { moveFromShared, moveToShared } from "../src/cluster/change-over.ts";
import { lockOthersOut } from "../src/cluster/lease-store.ts";
import { createLeases, type Leases } from "../src/cluster/leases.ts";
import { saveCleared } from "../src/cluster/seats.ts";
import { createSharedInbox } from "../src/cluster/shared-inbox.ts";
import { createOwnShare } from "../src/cluster/shared-work.ts";
import { assignShards, maskOf, SEATS, SHARDS, shardOf } from "../src/cluster/shards.ts";
import { createInboxStore } from "../src/inbox/inbox-store.ts";
import { inboxFacts } from "../src/metrics/gather.ts";
import { createOutboxStore } from "../src/outbox/outbox-store.ts";
import { switchOver } from "../src/outbox/switch-over.ts";
import { standAlone } from "../src/storage/alone.ts";
import { LeaseLostError } from "../src/storage/errors.ts";
import { openPostgres, openSharedPostgres, type SharedDatabase } from "../src/storage/postgres.ts";
import { type Postgres, postgresPrograms, startPostgres } from "./support/postgres.ts";
import { startTcpProxy } from "./support/tcp-proxy.ts";

const log = pino({ level: "silent" });

function emptyProfile(number: number): DayProfile {
  const lanes = () => Array<number>(96).fill(0);
  const quality = Array<typeof MEASURED>(96).fill(MEASURED);
  return { day: day(number), importRegister: 0n, exportRegister: 0n, quality, imports: lanes(), exports: lanes() };
}
const SILENCE_SECONDS = 2;
const ALL = maskOf(Array.from({ length: SHARDS }, (_, shard) => shard));

function leasesOf(database: SharedDatabase, name: string): Leases {
  const nothing = () => undefined;
  const events = { onGained: nothing, onLost: nothing, beforeHandOver: () => Promise.resolve() };
  return createLeases({ database, config: { silenceSeconds: SILENCE_SECONDS }, name, log, ...events });
}

/** Lets processes look at each other until the answer is yes. */
async function beatUntil(all: readonly Leases[], isThere: () => boolean): Promise<void> {
  const deadline = performance.now() + 60_000;
  while (!isThere()) {
    if (performance.now() > deadline) throw new Error("the leases do not get there within 60 s");
    for (const leases of all) await leases.beat();
    await sleep(20);
  }
}

describe.skipIf(postgresPrograms() === undefined)(
  "processes on one PostgreSQL (skipped where it is not installed)",
  () => {
    let postgres: Postgres;
    let count = 0;
    const opened: { close(): Promise<void> }[] = [];
    const keep = <T extends { close(): Promise<void> }>(one: T): T => {
      opened.push(one);
      return one;
    };
    const freshUrl = () => postgres.createDatabase(`cluster_${count++}`);

    beforeAll(async () => {
      postgres = await startPostgres();
    }, 120_000);
    afterAll(async () => {
      for (const one of opened.toReversed()) await one.close().catch(() => undefined);
      await postgres.close();
    }, 60_000);

    test("say since when the oldest message of the inbox that they share waits", async () => {
      const database = keep(await openSharedPostgres(await freshUrl()));
      expect(await inboxFacts(database, true)).toEqual({ stored: 0, oldestArrivalMs: null });
      const inbox = createSharedInbox(database);
      const rows = [9_000, 7_000, 8_000].map((arrivalMs) => ({
        arrivalMs,
        node: "a",
        timeMs: arrivalMs,
        values: new Map(),
      }));
      await inbox.append(rows, ["{}", "{}", "{}"]);
      expect(await inboxFacts(database, true)).toEqual({ stored: 3, oldestArrivalMs: 7_000 });
      await inbox.markWorked([2]);
      expect(await inboxFacts(database, true)).toEqual({ stored: 3, oldestArrivalMs: 8_000 });
      await inbox.markWorked([1, 3]);
      expect(await inbox.prune(10_000, 10)).toBe(3);
      expect(await inboxFacts(database, true)).toEqual({ stored: 3, oldestArrivalMs: null });
    });

    test("share the work fairly, hand it over, and take what is left by one that ends", async () => {
      const url = await freshUrl();
      const one = keep(await openSharedPostgres(url));
      const first = leasesOf(one, "first");
      await first.beat();
      expect([first.held("shard").length, first.held("seat").length, first.held("account")]).toEqual([
        SHARDS,
        SEATS,
        [0],
      ]);
      const two = keep(await openSharedPostgres(url));
      const second = leasesOf(two, "second");
      await beatUntil([first, second], () => second.held("shard").length === SHARDS / 2);
      expect(first.held("seat").length + second.held("seat").length).toBe(SEATS);
      expect([...first.held("shard"), ...second.held("shard")].toSorted((a, b) => a - b)).toEqual(
        Array.from({ length: SHARDS }, (_, shard) => shard),
      );
      expect(second.held("account")).toEqual([]);
      await one.close();
      await beatUntil([second], () => second.held("shard").length === SHARDS);
      expect(second.held("account")).toEqual([0]);
      expect(() => {
        first.check("account", 0);
      }).toThrow(LeaseLostError);
    }, 120_000);

    test("cut off one that the database hears nothing of, which then can write nothing", async () => {
      const url = new URL(await freshUrl());
      const way = await startTcpProxy(Number(url.port));
      const direct = url.href;
      url.port = String(way.port);
      const [far, near] = [keep(await openSharedPostgres(url.href)), keep(await openSharedPostgres(direct))];
      const [lost, other] = [leasesOf(far, "lost"), leasesOf(near, "other")];
      await lost.beat();
      way.hold();
      const guarded = far.guarded(() => {
        lost.check("shard", 0);
      });
      const late = guarded.run("INSERT INTO seats (seat, clear_ms) VALUES (100, 0)").then(
        () => "written",
        () => "refused",
      );
      await beatUntil([other], () => other.held("shard").length === SHARDS);
      way.release();
      expect(await late).toBe("refused");
      expect(await near.get("SELECT 1 AS there FROM seats WHERE seat = 100")).toBeUndefined();
      // It comes back as one of two.
      await beatUntil([other], () => {
        void lost.beat().catch(() => undefined);
        return lost.held("shard").length === SHARDS / 2;
      });
      await way.close();
    }, 120_000);

    test("let nobody in who wants to be alone, nor in beside one who is", async () => {
      const url = await freshUrl();
      const shared = await openSharedPostgres(url);
      await expect(openPostgres(url, 300)).rejects.toThrow("in use by another oracle, expected to be the only one");
      await shared.close();
      const alone = keep(await openPostgres(url));
      await expect(openSharedPostgres(url, 300)).rejects.toThrow("expected only such that have the section cluster");
      await alone.close();
    }, 60_000);

    test("agree on one secret for sign-ins, and find room where there is some, though they look at the same time", async () => {
      const url = await freshUrl();
      const processes = [keep(await openSharedPostgres(url)), keep(await openSharedPostgres(url))];
      const secrets = await Promise.all(processes.map((database) => database.transaction(nonceSecret)));
      expect(secrets[0]).toEqual(secrets[1]);
      const took = await Promise.all(
        processes.map((database) =>
          database.transaction(async (sql) => {
            await standAlone(sql);
            const isRoom = (await sql.get("SELECT 1 AS taken FROM seats WHERE seat >= 100")) === undefined;
            // Longer than the other needs to look.
            await sleep(500);
            if (isRoom) await sql.run("INSERT INTO seats (seat, clear_ms) VALUES (100, 0)");
            return isRoom;
          }),
        ),
      );
      expect(took.toSorted()).toEqual([false, true]);
    }, 60_000);

    test("work messages through in order of time once nothing older can come, also what was stored last", async () => {
      const database = keep(await openSharedPostgres(await freshUrl()));
      const inbox = createSharedInbox(database);
      const row = (node: string, timeMs: number) => ({ node, timeMs, arrivalMs: 1, values: new Map<string, number>() });
      const seen = async () => {
        const { clearMs } = await inbox.watermark();
        return (await inbox.waiting(ALL, clearMs, 10)).map(({ node, timeMs }) => `${node} ${timeMs}`);
      };
      const clear = async () => {
        const { nowMs } = await inbox.watermark();
        await saveCleared(
          database,
          Array.from({ length: SEATS }, (_, seat) => [seat, nowMs] as const),
        );
      };
      await inbox.append([row("a", 2_000)], ["{}"]);
      expect(await seen()).toEqual([]);
      await clear();
      await sleep(20);
      // What was measured before it came by another way; what was measured after it, may still have something before it.
      await inbox.append([row("a", 1_000), row("a", 3_000), row("b", 500)], ["{}", "{}", "{}"]);
      expect(await seen()).toEqual(["a 1000", "a 2000"]);
      await inbox.markWorked((await inbox.waiting(ALL, Date.now() + 60_000, 2)).map(({ seq }) => seq));
      await clear();
      expect(await inbox.depth()).toBe(2);
      expect(await inbox.waiting(maskOf([]), Number.MAX_SAFE_INTEGER, 10)).toEqual([]);
    }, 60_000);

    test("take over what one alone had not worked through, and give it back", async () => {
      const url = await freshUrl();
      const alone = await openPostgres(url);
      const rows = [1, 2, 3].map((seq) => ({
        seq,
        node: "a",
        timeMs: seq,
        arrivalMs: seq,
        values: new Map([["E", seq]]),
      }));
      await alone.transaction(async (sql) => {
        const inbox = createInboxStore(sql);
        await inbox.append(
          rows,
          rows.map(({ seq }) => `{"E":${seq}}`),
        );
        await inbox.moveCursor(1);
      });
      await alone.close();
      const shared = await openSharedPostgres(url);
      for (let times = 0; times < 2; times++) await shared.transaction(moveToShared);
      const waiting = await createSharedInbox(shared).waiting(ALL, Number.MAX_SAFE_INTEGER, 10);
      expect(waiting.map(({ timeMs }) => timeMs)).toEqual([2, 3]);
      await createSharedInbox(shared).markWorked(waiting.slice(0, 1).map(({ seq }) => seq));
      await shared.close();
      const again = keep(await openPostgres(url));
      for (let times = 0; times < 2; times++) await again.transaction(moveFromShared);
      const inbox = createInboxStore(again);
      const left = await inbox.after(await inbox.cursor(), 10);
      expect(left.map(({ timeMs }) => timeMs)).toEqual([3]);
    }, 60_000);

    test("go over to another contract only when none of the others would go on with the one before", async () => {
      const url = await freshUrl();
      const [one, two] = [keep(await openSharedPostgres(url)), keep(await openSharedPostgres(url))];
      const go = (database: SharedDatabase, neighbourhood: Address) =>
        switchOver({
          database,
          deployment: { chainId: 1, neighbourhood },
          recorder: { device: () => Promise.reject(new Error("not asked for")) },
          others: (sql) => lockOthersOut(sql, "one of two", SILENCE_SECONDS * 1000),
          log,
        });
      const [before, next] = [
        "0x00000000000000000000000000000000000000a1",
        "0x00000000000000000000000000000000000000a2",
      ] as const;
      await Promise.all([go(one, before), go(two, before)]);
      expect(await one.all("SELECT neighbourhood FROM neighbourhoods")).toEqual([{ neighbourhood: before }]);
      await expect(go(two, next)).rejects.toThrow("stop all oracle processes of this database");
      await go(one, before);
      await one.close();
      // The server takes a moment to see that it is gone.
      await expect.poll(() => go(two, next).then(() => "went over", String)).toBe("went over");
      const late = keep(await openSharedPostgres(url));
      await go(late, next);
      await expect(go(late, before)).rejects.toThrow("has moved on");
      expect(await late.all("SELECT neighbourhood FROM neighbourhoods ORDER BY neighbourhood")).toHaveLength(2);
    }, 120_000);

    test("sign the days of their own shards, and go past those that wait for a key", async () => {
      const database = keep(await openSharedPostgres(await freshUrl()));
      const leases = leasesOf(database, "alone");
      await leases.beat();
      const meters = [1, 2].map((meter) => ({ meter, node: `home-${meter}` }) as never);
      await database.run("INSERT INTO meters (meter, import_wh, export_wh) VALUES (1, 0, 0), (2, 0, 0)");
      await assignShards(database, meters, true);
      const { signingOutbox } = createOwnShare({
        ...{ meters, database, leases },
        createProcessor: () => {
          throw new Error("not asked for");
        },
      });
      for (const [meter, number] of [
        [1, 20_001],
        [2, 20_000],
        [1, 20_000],
      ] as const) {
        await signingOutbox.add(meter, emptyProfile(number));
      }
      const first = await signingOutbox.toSign(2);
      const rest = await signingOutbox.toSign(2, first.at(-1));
      expect([...first, ...rest].map(({ meter, profile }) => [meter, profile.day])).toEqual([
        [2, 20_000],
        [1, 20_000],
        [1, 20_001],
      ]);
      await signingOutbox.markSigned(first[0]?.id ?? 0, "0x00000000000000000000000000000000000000d2", "0x22");
      await database.transaction((sql) =>
        createOutboxStore(sql).markSent([{ id: first[0]?.id ?? 0, signature: "0x22" }], 7),
      );
      const stale = database.transaction((sql) =>
        createOutboxStore(sql).markSent([{ id: first[0]?.id ?? 0, signature: "0x11" }], 8),
      );
      await expect(stale).rejects.toThrow("is not signed any more");
    }, 60_000);

    test("refuse a meter that changes its node while others go by the old one", async () => {
      const database = keep(await openSharedPostgres(await freshUrl()));
      const other = Array.from({ length: 50 }, (_, index) => `b${index}`).find(
        (node) => shardOf(node) !== shardOf("a"),
      );
      const meter = (node: string) => [{ meter: 1, node } as never];
      await database.run("INSERT INTO meters (meter, import_wh, export_wh) VALUES (1, 0, 0)");
      await assignShards(database, meter("a"), false);
      await expect(assignShards(database, meter(other ?? ""), false)).rejects.toThrow("stop all of them");
      await assignShards(database, meter(other ?? ""), true);
      await expect(assignShards(database, meter("a"), false)).rejects.toThrow("Meter 1 reads from node");
    }, 60_000);
  },
);
