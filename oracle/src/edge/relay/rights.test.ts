import { day } from "@commonwatt/sdk/time";
import { describe, expect, test } from "vitest";

import { edgeTopic, parseEdgeTopic, profilesFilter, receiptsFilter } from "../topics.ts";
import { createEdgeRights, NO_EDGE_RIGHTS } from "./rights.ts";

const STREET = { chainId: 10, neighbourhood: "0xAbCdEf0123456789aBcDeF0123456789AbCdEf01" };
const DAY = day(20_000);
const profileOf = (meter: number, street = STREET) => edgeTopic(street, { kind: "profiles", meter, day: DAY });
const receiptOf = (meter: number) => edgeTopic(STREET, { kind: "receipts", meter, day: DAY });

describe("topics between gateways and the relay", () => {
  test("name chain, contract, meter and day, and are read back", () => {
    expect(profileOf(7)).toBe("commonwatt/10-0xabcdef0123456789abcdef0123456789abcdef01/profiles/7/2024-10-04");
    expect(parseEdgeTopic(STREET, profileOf(7))).toEqual({ kind: "profiles", meter: 7, day: DAY });
    expect(profilesFilter(STREET)).toBe(profileOf(7).replace("7/2024-10-04", "+/+"));
  });

  test.each([
    profileOf(7, { ...STREET, chainId: 1 }),
    profileOf(7, { ...STREET, neighbourhood: `0x${"11".repeat(20)}` }),
    profileOf(7).replace("profiles", "other"),
    profileOf(7).replace("/7/", "/07/"),
    profileOf(7).replace("/7/", "/-7/"),
    profileOf(7).replace("2024-10-04", "2024-10-4"),
    profileOf(7).replace("2024-10-04", "2024-02-30"),
    `${profileOf(7)}/more`,
    `${profileOf(7)}${"x".repeat(200)}`,
    "commonwatt",
    "",
  ])("are not taken for one when they are %s", (topic) => {
    expect(parseEdgeTopic(STREET, topic)).toBeUndefined();
  });
});

describe("the users of the embedded broker", () => {
  const rights = createEdgeRights(STREET, [
    { meter: 7, user: "gateway-7" },
    { meter: 8, user: "gateway-8" },
  ]);

  test("show the days of their own meters, and read their receipts", () => {
    expect(rights.mayPublish("gateway-7", profileOf(7))).toBe(true);
    expect(rights.maySubscribe("gateway-7", receiptsFilter(STREET, 7))).toBe(true);
  });

  test.each([
    ["gateway-7", profileOf(8)],
    ["gateway-7", receiptOf(7)],
    ["gateway-7", profileOf(7, { ...STREET, chainId: 1 })],
    ["gateway-7", "commonwatt/anything"],
    // A gateway's password is worth its days, and no reading of another meter.
    ["gateway-7", "emon/home-1"],
    ["stranger", profileOf(7)],
    [undefined, profileOf(7)],
  ])("%s does not publish on %s", (user, topic) => {
    expect(rights.mayPublish(user, topic)).toBe(false);
  });

  test.each([
    ["gateway-7", receiptsFilter(STREET, 8)],
    ["gateway-7", "#"],
    ["gateway-7", "commonwatt/#"],
    ["gateway-7", profilesFilter(STREET)],
    ["stranger", receiptsFilter(STREET, 7)],
  ])("%s does not subscribe to %s", (user, filter) => {
    expect(rights.maySubscribe(user, filter)).toBe(false);
  });

  test("publish readings as ever, when they are no gateway's; and nothing for gateways where there are none", () => {
    expect(rights.mayPublish("emontx4-1", "emon/emontx4-1")).toBe(true);
    expect(NO_EDGE_RIGHTS.mayPublish(undefined, "emon/emontx4-1")).toBe(true);
    expect(NO_EDGE_RIGHTS.mayPublish(undefined, profileOf(7))).toBe(false);
  });
});
