import type { SerialConfig } from "../../config/schema.ts";
import type { Decoded } from "../../intake/intake.ts";
import type { NodeTable } from "./node-table.ts";
import { decodeTelegram } from "./p1.ts";
import { decodeFrame, parseJeelib, parseRfm69 } from "./radio.ts";
import { decodeTextLine } from "./text-line.ts";

/** Reads one unit of what a port delivers: a line without its end, or for `p1` a whole telegram. Never throws. */
export function decodeSerial(
  unit: Uint8Array,
  { format, node = "" }: Pick<SerialConfig, "format" | "node">,
  nodes: NodeTable,
): Decoded {
  if (format === "p1") return decodeTelegram(node, unit);
  const line = Buffer.from(unit.buffer, unit.byteOffset, unit.byteLength).toString("utf8").trim();
  if (format === "text") return decodeTextLine(node, line);
  if (line === "") return { messages: [], refusals: [] };
  return decodeFrame(format === "jeelib" ? parseJeelib(line) : parseRfm69(line), nodes);
}
