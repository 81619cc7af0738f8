import { MEASURED } from "@commonwatt/sdk/profile";
import { day, dayOf, isoDay } from "@commonwatt/sdk/time";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";

import { events as schemas } from "../src/api/schemas.ts";
import { createOutboxStore } from "../src/outbox/outbox-store.ts";
import { API_START, type ApiScene, createApiScene, startApiChain } from "./support/api-scene.ts";
import { type EventReader, readEvents } from "./support/event-reader.ts";
import type { LocalChain } from "./support/local-chain.ts";

const PATIENCE = { timeout: 60_000 };
let chain: LocalChain;
let scene: ApiScene;
const readers: EventReader[] = [];

beforeAll(async () => {
  chain = await startApiChain();
});
afterAll(() => chain.close());
beforeEach(async () => {
  scene = await createApiScene(chain, { api: { heartbeatSeconds: 1 } });
});
afterEach(async () => {
  for (const reader of readers.splice(0)) reader.close();
  await scene.close();
});

const home = (meter: number) => chain.account(meter);

async function open(token: string, lastId?: string): Promise<EventReader> {
  const headers: Record<string, string> = lastId === undefined ? {} : { "last-event-id": lastId };
  const reader = await readEvents(`${scene.url}/api/events`, token, headers);
  readers.push(reader);
  return reader;
}

const power = (seconds: number, watts: number) => scene.send("home-3", seconds, { P1: watts });
const lastWatts = (reader: EventReader) => reader.of("power").at(-1)?.data["netWatts"];
const sees = (reader: EventReader, watts: number) => expect.poll(() => lastWatts(reader), PATIENCE).toBe(watts);

describe("the stream", () => {
  test("tells power, quarter-hours and days as they change, each as it is described", async () => {
    const token = await scene.signIn(home(3));
    const reader = await open(token);
    expect(reader.headers.get("content-type")).toBe("text/event-stream");
    await expect.poll(() => reader.events.map(({ event }) => event), PATIENCE).toContain("reset");
    await power(900, 1_000);
    await sees(reader, 1_000);
    await power(960, -500);
    await sees(reader, -500);
    await expect.poll(() => reader.of("interval").length, PATIENCE).toBeGreaterThan(0);
    const yesterday = day(dayOf(API_START) - 1);
    const outbox = createOutboxStore(scene.database);
    await outbox.add(3, {
      day: yesterday,
      importRegister: 0n,
      exportRegister: 0n,
      quality: Array<typeof MEASURED>(96).fill(MEASURED),
      imports: Array<number>(96).fill(0),
      exports: Array<number>(96).fill(0),
    });
    const states = () => reader.of("day").map(({ data }) => data["state"]);
    await expect.poll(states, PATIENCE).toEqual(["closed"]);
    const [row] = await outbox.toSign(1);
    await outbox.markSigned(row?.id ?? 0, home(3).address, `0x${"12".repeat(65)}`);
    await expect.poll(states, PATIENCE).toEqual(["closed", "signed"]);
    expect(reader.of("day").at(-1)?.data).toMatchObject({ meter: 3, day: isoDay(yesterday) });
    for (const { event, data } of reader.events) {
      if (event in schemas) schemas[event as keyof typeof schemas].parse(data);
    }
  });

  test("tells a wallet of its own meters only", async () => {
    const [own, other] = [await open(await scene.signIn(home(3))), await open(await scene.signIn(home(2)))];
    await power(900, 1_234);
    await sees(own, 1_234);
    await scene.send("home-2", 900, { E1: 5 });
    await scene.send("home-2", 1_000, { E1: 6 });
    await expect.poll(() => other.of("interval").length, PATIENCE).toBeGreaterThan(0);
    expect(new Set(other.events.flatMap(({ data }) => ("meter" in data ? [data["meter"]] : [])))).toEqual(new Set([2]));
    expect(new Set(own.events.flatMap(({ data }) => ("meter" in data ? [data["meter"]] : [])))).toEqual(new Set([3]));
  });

  test("goes on after the last event that was received, without a gap and without repeating one", async () => {
    const token = await scene.signIn(home(3));
    const first = await open(token);
    await power(900, 100);
    await sees(first, 100);
    const last = first.lastId();
    first.close();
    await power(901, 200);
    const second = await open(token, last);
    await sees(second, 200);
    await power(902, 300);
    await sees(second, 300);
    expect(second.events.map(({ event }) => event)).not.toContain("reset");
    const watts = [...first.of("power"), ...second.of("power")].map(({ data }) => data["netWatts"]);
    expect(watts).toEqual([null, 100, 200, 300]);
  });

  test("begins with the whole state where it cannot go on: another process's events, or an invented one", async () => {
    const token = await scene.signIn(home(3));
    await power(900, 700);
    for (const lastId of ["0123456789ab-5", "nonsense", "9".repeat(300)]) {
      const reader = await open(token, lastId);
      await sees(reader, 700);
      expect(reader.events[0]?.event).toBe("reset");
    }
  });

  test("shows a sign of life when there is no news", async () => {
    const reader = await open(await scene.signIn(home(3)));
    scene.wait(2);
    await expect.poll(() => reader.heartbeats(), PATIENCE).toBeGreaterThan(0);
  });
});

describe("the stream ends", () => {
  test("at once with its session, and no other does", async () => {
    const [token, other] = [await scene.signIn(home(3)), await scene.signIn(home(3))];
    const [reader, goesOn] = [await open(token), await open(other)];
    await scene.call("/api/session", { method: "DELETE", token });
    await reader.ended;
    expect(reader.events.at(-1)).toMatchObject({ event: "end", data: { reason: "the session has ended" } });
    await power(900, 400);
    await sees(goesOn, 400);
    expect(reader.of("power").some(({ data }) => data["netWatts"] === 400)).toBe(false);
    expect((await open(token)).status).toBe(401);
    await scene.call("/api/sessions", { method: "DELETE", token: other });
    await goesOn.ended;
  });

  test("when the session is ended elsewhere, is idle, or is over", async () => {
    const token = await scene.signIn(home(3));
    const reader = await open(token);
    await scene.database.run("DELETE FROM api_sessions");
    scene.wait(2);
    await reader.ended;
    const idle = await open(await scene.signIn(home(3)));
    scene.wait(86_401);
    await idle.ended;
    expect(idle.events.at(-1)).toMatchObject({ event: "end" });
  });

  test("when a meter has another owner, or the chain cannot say whose it is", async () => {
    const fork = await chain.client.snapshot();
    await chain.addMeter(5, home(3).address);
    const quick = await createApiScene(chain, { api: { heartbeatSeconds: 1, ownerSeconds: 5 }, meters: [5] });
    const openThere = async () => {
      const reader = await readEvents(`${quick.url}/api/events`, await quick.signIn(home(3)));
      readers.push(reader);
      return reader;
    };
    const reader = await openThere();
    await chain.client.revert({ id: fork });
    await chain.addMeter(5, home(2).address);
    quick.wait(6);
    await reader.ended;
    expect(reader.events.at(-1)?.data).toEqual({ reason: "meter 5 has another owner" });
    const cut = await openThere();
    quick.breakChain(true);
    quick.wait(6);
    await cut.ended;
    expect(cut.events.at(-1)?.data["reason"]).toMatch(/cannot be asked/u);
    await quick.close();
  });
});

describe("the number of streams", () => {
  test("is bounded for a wallet and for all, and a place is free again when one ends", async () => {
    const small = await createApiScene(chain, { api: { maxStreamsPerWallet: 2, maxStreams: 3 } });
    const [three, two] = [await small.signIn(home(3)), await small.signIn(home(2))];
    const openThere = async (token: string) => {
      const reader = await readEvents(`${small.url}/api/events`, token);
      readers.push(reader);
      return reader;
    };
    // All at once: places are counted before anything is waited for.
    const opened = await Promise.all([openThere(three), openThere(three), openThere(three), openThere(three)]);
    expect(opened.map(({ status }) => status).toSorted()).toEqual([200, 200, 429, 429]);
    expect((await openThere(two)).status).toBe(200);
    expect((await openThere(two)).status).toBe(503);
    opened.find(({ status }) => status === 200)?.close();
    await expect.poll(async () => (await openThere(two)).status, PATIENCE).toBe(200);
    await small.close();
  });
});
