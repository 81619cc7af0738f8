import { MEASURED } from "@commonwatt/sdk/profile";
import { type Day, day, dayOf, isoDay } from "@commonwatt/sdk/time";
import { Validator } from "@seriousme/openapi-schema-validator";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";

import type { RouteSpec } from "../src/api/route.ts";
import { specs } from "../src/api/specs.ts";
import { createOutboxStore } from "../src/outbox/outbox-store.ts";
import { API_START, type ApiScene, createApiScene, startApiChain } from "./support/api-scene.ts";
import type { LocalChain } from "./support/local-chain.ts";

const DAY: Day = dayOf(API_START);
let chain: LocalChain;
let scene: ApiScene;

beforeAll(async () => {
  chain = await startApiChain();
});
afterAll(() => chain.close());
beforeEach(async () => {
  scene = await createApiScene(chain);
});
afterEach(() => scene.close());

const home = (meter: number) => chain.account(meter);
const get = async (token: string, path: string) => (await scene.call(path, { token })).body as Record<string, unknown>;

/** An hour of home 1: 400 Wh come in and 100 go out each quarter-hour; the heating takes 40. */
async function anHour(): Promise<void> {
  for (let minute = 0; minute <= 60; minute += 5) {
    const values = { I: 1_000 + (400 * minute) / 15, X: 500 + (100 * minute) / 15, H: 8 * (minute / 3), P: 1_200 };
    await scene.send("home-1", minute * 60, values);
  }
}

/** A closed day of a meter in the outbox. */
async function closedDay(meter: number, of: Day): Promise<void> {
  const constant = (value: number) => Array<number>(96).fill(value);
  await createOutboxStore(scene.database).add(meter, {
    day: of,
    importRegister: 960n,
    exportRegister: 0n,
    quality: Array<typeof MEASURED>(96).fill(MEASURED),
    imports: constant(10),
    exports: constant(0),
  });
}

describe("a member sees", () => {
  test("their own meters, as the chain has them", async () => {
    const token = await scene.signIn(home(1));
    expect(await get(token, "/api/meters")).toEqual({
      meters: [
        {
          meter: 1,
          kind: "home",
          custody: "operator",
          keyType: "secp256k1",
          device: null,
          closed: false,
          unitWh: 1,
        },
      ],
    });
  });

  test("live power: what the meter says, what its counters show over a minute, or the running quarter-hour's mean", async () => {
    const [one, two, three] = [await scene.signIn(home(1)), await scene.signIn(home(2)), await scene.signIn(home(3))];
    expect(await get(one, "/api/meters/1/power")).toMatchObject({ netWatts: null, basis: null, at: null });
    await anHour();
    expect(await get(one, "/api/meters/1/power")).toMatchObject({ meter: 1, netWatts: 1_200, basis: "power" });
    await scene.send("home-3", 3_600, { P1: -2_500 });
    expect(await get(three, "/api/meters/3/power")).toMatchObject({ netWatts: -2_500, basis: "power", overSeconds: 0 });

    await scene.send("home-2", 3_600, { E1: 1_000 });
    await scene.send("home-2", 3_900, { E1: 1_050 });
    expect(await get(two, "/api/meters/2/power")).toMatchObject({ netWatts: 600, basis: "interval", overSeconds: 300 });
    await scene.send("home-2", 3_930, { E1: 1_060 });
    expect(await get(two, "/api/meters/2/power")).toMatchObject({ basis: "interval" });
    await scene.send("home-2", 3_960, { E1: 1_040 });
    expect(await get(two, "/api/meters/2/power")).toMatchObject({ netWatts: -600, basis: "counter", overSeconds: 60 });
    // What is old is no live power.
    scene.setTime(3_960 + 901);
    expect(await get(two, "/api/meters/2/power")).toMatchObject({ netWatts: null });
  });

  test("today's quarter-hours as they run, and a closed day's as they were signed", async () => {
    const token = await scene.signIn(home(1));
    await anHour();
    const today = await get(token, "/api/meters/1/intervals");
    const full = { importWh: 400, exportWh: 100, quality: "measured", running: false };
    expect(today).toMatchObject({ day: isoDay(DAY), closed: false, intervals: [full, full, full, full] });
    await closedDay(1, day(DAY - 1));
    const yesterday = await get(token, `/api/meters/1/intervals?day=${isoDay(day(DAY - 1))}`);
    expect(yesterday["closed"]).toBe(true);
    expect(yesterday["intervals"]).toHaveLength(96);
    expect((yesterday["intervals"] as object[])[95]).toMatchObject({ importWh: 10, exportWh: 0, running: false });
    scene.setTime(3_600 + 450);
    await scene.send("home-1", 3_600 + 450, { I: 2_800, X: 900, P: 1_200 });
    const later = (await get(token, "/api/meters/1/intervals"))["intervals"] as object[];
    expect(later.at(-1)).toMatchObject({ importWh: 200, running: true });
  });

  test("what the energy was used for, by day", async () => {
    const token = await scene.signIn(home(1));
    await anHour();
    expect(await get(token, "/api/meters/1/uses")).toEqual({
      meter: 1,
      days: [{ day: isoDay(DAY), uses: [{ use: "heating", energyWh: 160 }] }],
    });
    const before = isoDay(day(DAY - 1));
    expect(await get(token, `/api/meters/1/uses?to=${before}`)).toEqual({ meter: 1, days: [] });
  });

  test("how the meter is: last reading, gaps, custody", async () => {
    const token = await scene.signIn(home(1));
    await anHour();
    scene.setTime(2 * 3_600);
    expect(await get(token, "/api/meters/1/health")).toMatchObject({
      silentSeconds: 3_600,
      today: { measured: 4, estimated: 0, missing: 4 },
      inputs: [{ input: "H" }, { input: "I" }, { input: "P" }, { input: "X" }],
      disagreement: null,
      custody: "operator",
    });
  });

  test("the way of each day's profile, with its transaction", async () => {
    const token = await scene.signIn(home(1));
    const outbox = createOutboxStore(scene.database);
    for (const before of [3, 2, 1]) await closedDay(1, day(DAY - before));
    const [first, second] = await outbox.toSign(10);
    const hash = `0x${"ab".repeat(32)}` as const;
    await outbox.markSigned(first?.id ?? 0, home(1).address, `0x${"12".repeat(65)}`);
    await outbox.markRecorded(first?.id ?? 0, hash);
    await outbox.park(second?.id ?? 0, "the contract says no");
    expect(await get(token, "/api/meters/1/profiles")).toEqual({
      meter: 1,
      profiles: [
        { day: isoDay(day(DAY - 3)), state: "recorded", device: home(1).address, transactionHash: hash, reason: null },
        {
          day: isoDay(day(DAY - 2)),
          state: "parked",
          device: null,
          transactionHash: null,
          reason: "the contract says no",
        },
        { day: isoDay(day(DAY - 1)), state: "closed", device: null, transactionHash: null, reason: null },
      ],
    });
  });
});

describe("nobody sees another's", () => {
  test("on no route: a neighbour's meter looks like one that there is not", async () => {
    await anHour();
    await closedDay(1, day(DAY - 1));
    const neighbour = await scene.signIn(home(2));
    const ofMeters = Object.values(specs as Record<string, RouteSpec>).filter(({ path }) => path.includes("{meter}"));
    expect(ofMeters.length).toBeGreaterThanOrEqual(5);
    for (const { path, method } of ofMeters) {
      const told = await scene.call(path.replace("{meter}", "1"), { method, token: neighbour });
      const none = await scene.call(path.replace("{meter}", "77"), { method, token: neighbour });
      expect([told.status, none.status]).toEqual([404, 404]);
      expect(JSON.stringify(told.body).replaceAll("1", "77")).toBe(JSON.stringify(none.body));
    }
    expect(JSON.stringify(await get(neighbour, "/api/meters"))).not.toContain('"meter":1');
  });

  test("without a session: every route but those that begin one says 401, whatever else is wrong", async () => {
    for (const { path, method, session, body } of Object.values(specs as Record<string, RouteSpec>)) {
      if (!session) continue;
      const filled = path.replace("{meter}", "1").replace("{id}", "x");
      for (const token of [undefined, "C".repeat(43)]) {
        const { status } = await scene.call(filled, {
          method,
          ...(token === undefined ? {} : { token }),
          ...(body === undefined ? {} : { json: {} }),
        });
        expect([filled, status]).toEqual([filled, 401]);
      }
    }
  });

  test("in odd numbers, days and ranges nothing is found but a refusal", async () => {
    const token = await scene.signIn(home(1));
    for (const meter of ["01", "1.0", "-1", "1e0", "%31%00", "99999999999", "1;2", "0x1", "1%2F..%2F2"]) {
      expect([400, 404]).toContain((await scene.call(`/api/meters/${meter}/power`, { token })).status);
    }
    for (const query of [
      "day=yesterday",
      "day=2026-02-30",
      "from=2026-01-01",
      "day=2026-01-01&day=2026-01-02",
      "x=1",
    ]) {
      expect((await scene.call(`/api/meters/1/intervals?${query}`, { token })).status).toBe(400);
    }
    for (const query of ["from=2026-05-02&to=2026-05-01", "from=2020-01-01&to=2026-01-01"]) {
      expect((await scene.call(`/api/meters/1/uses?${query}`, { token })).status).toBe(400);
    }
  });

  test("after the meter has another owner on chain", async () => {
    // A number that goes to one owner, and after a reorganisation to another.
    const fork = await chain.client.snapshot();
    await chain.addMeter(4, home(1).address);
    const scenes = await createApiScene(chain, { api: { ownerSeconds: 5 }, meters: [4] });
    const [one, two] = [await scenes.signIn(home(1)), await scenes.signIn(home(2))];
    const statusOf = async (token: string) => (await scenes.call("/api/meters/4/power", { token })).status;
    expect([await statusOf(one), await statusOf(two)]).toEqual([200, 404]);
    await chain.client.revert({ id: fork });
    await chain.addMeter(4, home(2).address);
    scenes.wait(6);
    expect([await statusOf(one), await statusOf(two)]).toEqual([404, 200]);
    await scenes.close();
  });

  test("while the chain cannot be asked: nobody is let in on what was true once", async () => {
    const token = await scene.signIn(home(1));
    expect((await scene.call("/api/meters/1/power", { token })).status).toBe(200);
    scene.breakChain(true);
    expect((await scene.call("/api/meters/1/power", { token })).status).toBe(200);
    scene.wait(301);
    const { status, headers } = await scene.call("/api/meters/1/power", { token });
    expect([status, headers.get("retry-after")]).toEqual([503, "5"]);
    scene.breakChain(false);
    await expect
      .poll(async () => (await scene.call("/api/meters/1/power", { token })).status, { timeout: 60_000 })
      .toBe(200);
  });
});

describe("the API's description", () => {
  test("is valid OpenAPI 3.1", async () => {
    const { status, body } = await scene.call("/api/openapi.json");
    expect(status).toBe(200);
    const result = await new Validator().validate(structuredClone(body));
    expect(result).toMatchObject({ valid: true });
    expect(body).toMatchObject({ openapi: "3.1.0" });
  });

  test("names every route and what each really answers", async () => {
    const { body } = await scene.call("/api/openapi.json");
    const document = body as { paths: Record<string, Record<string, { responses: Responses }>> };
    await anHour();
    await closedDay(1, day(DAY - 1));
    const token = await scene.signIn(home(1));
    const signed = await scene.signedMessage(home(1));
    const bodies: Record<string, unknown> = { nonce: { wallet: home(1).address }, signIn: signed };
    const seen: string[] = [];
    for (const { id, path, method, answers } of Object.values(specs as Record<string, RouteSpec>)) {
      const operation = document.paths[path]?.[method.toLowerCase()];
      expect(operation, path).toBeDefined();
      if (id === "events" || id === "relay" || id.startsWith("signOut")) continue;
      const filled = path.replace("{meter}", "1").replace("{id}", `0x${"00".repeat(32)}`);
      const answer = await scene.call(filled, {
        method,
        token,
        ...(bodies[id] === undefined ? {} : { json: bodies[id] }),
      });
      const expected = id === "relayState" ? 404 : Number(Object.keys(answers)[0]);
      expect([id, answer.status]).toEqual([id, expected]);
      check(operation?.responses, answer.status, answer.body);
      seen.push(id);
    }
    expect(seen).toContain("intervals");
    const refused = await scene.call("/api/meters/9/power", { token });
    check(document.paths["/api/meters/{meter}/power"]?.["get"]?.responses, 404, refused.body);
  });

  type Responses = Record<string, { content?: { "application/json": { schema: object } } }>;

  /** The answer is what the document says of this status. */
  function check(responses: Responses | undefined, status: number, body: unknown): void {
    const schema = responses?.[String(status)]?.content?.["application/json"].schema;
    if (schema === undefined) throw new Error(`status ${status} is not described`);
    z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0]).parse(body);
  }
});
