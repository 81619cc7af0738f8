import { describe, expect, test } from "vitest";

import { decodeMqtt } from "./mqtt.ts";
import { createNodeTable } from "./node-table.ts";

const decode = (topic: string, payload: string, retained = false) =>
  decodeMqtt({ topic, payload: Buffer.from(payload), retained }, { baseTopic: "emon", nodes: createNodeTable([]) });

describe("a Shelly of the first generation", () => {
  test.each([
    ["shellies/shellyem-B9F9D5/emeter/0/total", "123456.7", "emeter0_total", 123456.7],
    ["shellies/shellyem-B9F9D5/emeter/1/total_returned", "12.0", "emeter1_total_returned", 12],
    ["shellies/shellyem-B9F9D5/emeter/0/power", "-431.22", "emeter0_power", -431.22],
    ["shellies/shellyem3-ABC/emeter/2/power", "1.0", "emeter2_power", 1],
  ])("publishes one number a topic: %s", (topic, payload, input, value) => {
    const node = topic.split("/")[1];
    expect(decode(topic, payload)).toEqual({
      messages: [{ node, timeMs: undefined, values: new Map([[input, value]]) }],
      refusals: [],
    });
  });

  test("that sends no number, or another channel, is refused", () => {
    expect(decode("shellies/s/emeter/0/total", "nan").refusals).toMatchObject([
      { reason: "malformed-number", input: "emeter0_total" },
    ]);
    expect(decode("shellies/s/emeter/x/total", "1").refusals).toMatchObject([{ reason: "unknown-topic" }]);
  });

  test("whose message was retained is refused: its time is unknown", () => {
    expect(decode("shellies/s/emeter/0/total", "5", true).refusals).toMatchObject([
      { reason: "retained-without-time" },
    ]);
  });

  test.each(["relay/0", "relay/0/power", "info/x/y", "input/0/state", "online"])(
    "may publish what is no metering: %s",
    (rest) => {
      expect(decode(`shellies/s/${rest}`, "on")).toEqual({ messages: [], refusals: [] });
    },
  );
});

test("the announcement of a Shelly is none of ours", () => {
  expect(decode("shellies/announce", '{"id":"shellyem-1","model":"SHEM"}')).toEqual({ messages: [], refusals: [] });
});

describe("a Shelly of the second generation", () => {
  test("publishes the status of its channels, without time", () => {
    const payload = '{"id":0,"total_act_energy":6644.90,"total_act_ret_energy":2595.26}';
    expect(decode("shellies/shellyproem50-1/status/em1data:0", payload)).toEqual({
      messages: [
        {
          node: "shellyproem50-1",
          timeMs: undefined,
          values: new Map([
            ["em1data_0_total_act_energy", 6644.9],
            ["em1data_0_total_act_ret_energy", 2595.26],
          ]),
        },
      ],
      refusals: [],
    });
  });

  test("notifies of changes with their time", () => {
    const notification = {
      src: "shellyproem50-1",
      dst: "shellies/shellyproem50-1/events",
      method: "NotifyStatus",
      params: {
        ts: 1_720_080_000.12,
        "em1:0": { id: 0, act_power: -431.2, voltage: 230.1, calibration: "factory", errors: [], pf: null },
        "wifi:0": { rssi: -60 },
      },
    };
    expect(decode("shellies/shellyproem50-1/events/rpc", JSON.stringify(notification))).toEqual({
      messages: [
        {
          node: "shellyproem50-1",
          timeMs: 1_720_080_000_120,
          values: new Map([
            ["em1_0_act_power", -431.2],
            ["em1_0_voltage", 230.1],
          ]),
        },
      ],
      refusals: [],
    });
  });

  test("that does not know the time yet counts at its arrival, and one that is wrong is refused", () => {
    const at = (ts: unknown) =>
      decode("shellies/s/events/rpc", JSON.stringify({ params: { ts, "em1data:0": { total_act_energy: 5 } } }));
    expect(at(null).messages).toMatchObject([{ timeMs: undefined }]);
    expect(at("soon").refusals).toMatchObject([{ reason: "malformed-time" }]);
  });

  test.each(["{", "5", "[]", '"x"'])("that sends no object is refused: %s", (payload) => {
    expect(decode("shellies/s/status/em1data:0", payload).refusals).toMatchObject([{ reason: "malformed-json" }]);
    expect(decode("shellies/s/events/rpc", payload).refusals).toMatchObject([{ reason: "malformed-json" }]);
  });

  test("that notifies of anything else is heard out", () => {
    for (const body of [{}, { params: null }, { params: [] }, { params: { ts: 1, "switch:0": { apower: 5 } } }])
      expect(decode("shellies/s/events/rpc", JSON.stringify(body))).toEqual({ messages: [], refusals: [] });
  });
});
