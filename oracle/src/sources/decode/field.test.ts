import { existsSync, readFileSync } from "node:fs";

import { describe, expect, test } from "vitest";

import { toJeelib } from "../../../test/support/frames.ts";
import type { NodeConfig } from "../../config/schema.ts";
import type { Decoded } from "../../intake/intake.ts";
import { decodeMqtt } from "./mqtt.ts";
import { createNodeTable } from "./node-table.ts";
import { decodeFrame, parseJeelib, parseRfm69 } from "./radio.ts";
import { decodeTextLine } from "./text-line.ts";

type Sample = {
  kind: string;
  raw: string | string[];
  topic: string;
  payload: string;
  node: number;
  node_def: Pick<NodeConfig, "name" | "names"> & { codes: string; scales: number[] };
  rssi?: number;
  fields: Record<string, number>;
  expected?: Record<string, number>;
};

const SAMPLES = new URL("../../../../../shared/data/oem/messages.jsonl", import.meta.url);
const lines = existsSync(SAMPLES) ? readFileSync(SAMPLES, "utf8").trim().split("\n") : [];
const samples = lines.map((line) => JSON.parse(line) as Sample);

const nodesOf = ({ node, node_def }: Sample) =>
  createNodeTable([{ id: node, ...node_def, codes: Array.from(node_def.codes) as NodeConfig["codes"] }]);

const fromMqtt = (topic: string, payload: string) =>
  decodeMqtt(
    { topic, payload: Buffer.from(payload), retained: false },
    { baseTopic: "emon", nodes: createNodeTable([]) },
  );

/** The radio frame that a receiver prints for an emonTx3 with these values. */
function emontx3Frame({ fields }: Sample): string {
  const bytes = Buffer.alloc(14);
  for (const [index, name] of ["ct1", "ct2", "ct3", "ct4"].entries()) bytes.writeInt16LE(fields[name] ?? 0, index * 2);
  bytes.writeInt16LE(Math.round((fields["batt_Vrms"] ?? 0) * 100), 8);
  bytes.writeUInt32LE(fields["pulse"] ?? 0, 10);
  return toJeelib(8, bytes);
}

const EMONTX3 = createNodeTable([
  {
    id: 8,
    name: "emontx3",
    names: ["ct1", "ct2", "ct3", "ct4", "batt_Vrms", "pulse"],
    codes: Array.from("hhhhhL") as NodeConfig["codes"],
    scales: [1, 1, 1, 1, 0.01, 1],
  },
]);

/** What is decoded of a sample, and what it must come to. */
function outcomeOf(sample: Sample): { decoded: Decoded; expected: Record<string, number> } {
  const { kind, raw, topic, payload, fields, rssi, expected = {} } = sample;
  const line = typeof raw === "string" ? raw : "";
  switch (kind) {
    case "jeelib_serial_frame":
      return {
        decoded: decodeFrame(parseJeelib(line), nodesOf(sample)),
        expected: { ...expected, ...(rssi === undefined ? {} : { rssi }) },
      };
    case "rfm69_native_frame_hex":
      return { decoded: decodeFrame(parseRfm69(line), nodesOf(sample)), expected };
    case "emontx_cm_serial_line":
    case "emonesp_serial_line":
    case "emontx3e_serial_line":
      return { decoded: decodeTextLine("a", line), expected };
    case "emontx3_rf_capture_decoded":
      return { decoded: decodeFrame(parseJeelib(emontx3Frame(sample)), EMONTX3), expected: fields };
    case "emonhub_log": {
      // The log shows the values that emonHub then publishes on the node's legacy topic.
      const values = /Values : \[(.*)\]/u.exec([raw].flat().join("\n"))?.[1] ?? "";
      const numbers = values.split(", ").map((value, index) => [index, Number(value)] as const);
      return { decoded: fromMqtt("emonhub/rx/17/values", values), expected: Object.fromEntries(numbers) };
    }
    case "mqtt": {
      const numbers = payload.split(",").map(Number);
      const names = topic.endsWith("/values") ? numbers.map((_, index) => String(index)) : [topic.split("/")[2] ?? ""];
      const expectedValues = names.map((name, index) => [name, numbers[index] ?? Number.NaN] as const);
      return { decoded: fromMqtt(topic, payload), expected: Object.fromEntries(expectedValues) };
    }
    default:
      throw new Error(`a kind of sample that this test does not know: ${kind}`);
  }
}

const title = "messages from the field";

describe(samples.length > 0 ? title : `${title} (skipped: shared/data/oem is not beside the repository)`, () => {
  test.skipIf(samples.length === 0).each(samples.map((sample, index) => [index + 1, sample.kind, sample] as const))(
    "line %i, %s, comes out whole",
    (_line, _kind, sample) => {
      const { decoded, expected } = outcomeOf(sample);
      expect(decoded.refusals).toEqual([]);
      expect(decoded.messages).toHaveLength(1);
      expect(Object.fromEntries(decoded.messages[0]?.values ?? [])).toEqual(expected);
    },
  );
});
