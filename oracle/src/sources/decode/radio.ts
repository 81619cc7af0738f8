import type { Decoded } from "../../intake/intake.ts";
import type { Refusal } from "../message.ts";
import { crc16Modbus } from "./crc16.ts";
import { MAX_FRAME_BYTES } from "./limits.ts";
import type { NodeTable } from "./node-table.ts";
import { quote, refused } from "./refuse.ts";
import { decodePayload } from "./struct.ts";

/** A radio frame as it stands before anyone knows what its bytes mean. */
export type RadioFrame = { nodeId: number; payload: Uint8Array; rssi?: number };

/** A frame, why it is none, or undefined for a line that a receiver says on its own behalf. */
export type FrameResult = RadioFrame | { reason: "malformed-frame" | "bad-checksum"; detail: string } | undefined;

/** `OK`, the node, its bytes in decimal, and perhaps the signal strength. One space between, so no line is read twice. */
const JEELIB = /^OK((?: \d{1,3}){2,256})(?: \((-?\d{1,3})\))?$/u;
const HEX = /^(?:[0-9a-f]{2}){5,255}$/iu;
const WHITENING = 0x55;
/** The lower five bits of a frame's header are the node; the others say how it is to be answered. */
const NODE_BITS = 0x1f;
const FRAME = "a frame of ";
const MAX_LINE_CHARACTERS = 2_048;

/** Takes a line of a JeeLib receiver apart: `OK <node> <byte> <byte> ... (<rssi>)`. Its other lines are not for us. */
export function parseJeelib(line: string): FrameResult {
  if (!line.startsWith("OK")) return undefined;
  const parts = line.length <= MAX_LINE_CHARACTERS ? JEELIB.exec(line) : null;
  const [nodeId, ...bytes] = (parts?.[1] ?? "").trim().split(" ").map(Number);
  if (parts === null || nodeId === undefined || [nodeId, ...bytes].some((byte) => byte > 0xff)) {
    return { reason: "malformed-frame", detail: `${quote(line)}, expected OK <node> <bytes> (<rssi>)` };
  }
  const rssi = parts[2];
  return { nodeId, payload: Uint8Array.from(bytes), ...(rssi === undefined ? {} : { rssi: Number(rssi) }) };
}

/**
 * Takes an RFM69 frame in JeeLib's native format apart, written as hex: group, header, length, the payload XOR 0x55, and
 * CRC-16/MODBUS of all that, little endian.
 */
export function parseRfm69(line: string): FrameResult {
  if (line.length > 2 * MAX_FRAME_BYTES || !HEX.test(line)) {
    return {
      reason: "malformed-frame",
      detail: `${quote(line)}, expected a frame of 5 to ${MAX_FRAME_BYTES} bytes in hex`,
    };
  }
  const frame = Buffer.from(line, "hex");
  const length = frame[2] ?? 0;
  if (frame.byteLength !== length + 5) {
    return {
      reason: "malformed-frame",
      detail: `${frame.byteLength} bytes, expected ${length + 5}: 3 of header, ${length} of payload, 2 of checksum`,
    };
  }
  const given = frame.readUInt16LE(length + 3);
  const computed = crc16Modbus(frame.subarray(0, length + 3));
  if (given !== computed) {
    return { reason: "bad-checksum", detail: `0x${given.toString(16)}, expected 0x${computed.toString(16)}` };
  }
  const payload = Uint8Array.from(frame.subarray(3, length + 3), (byte) => byte ^ WHITENING);
  return { nodeId: (frame[1] ?? 0) & NODE_BITS, payload };
}

/** Gives a frame its names and values by the config's `nodes`. */
export function decodeFrame(frame: FrameResult, nodes: NodeTable): Decoded {
  if (frame === undefined) return { messages: [], refusals: [] };
  if ("reason" in frame) return refused(frame.reason, "", frame.detail);
  const { nodeId, payload, rssi } = frame;
  const definition = nodes.byId(nodeId);
  if (definition === undefined) {
    return refused(
      "unknown-node",
      String(nodeId),
      `${FRAME}${payload.byteLength} bytes, expected a node of the config with id ${nodeId}`,
    );
  }
  return decodePayload(definition, payload, rssi);
}

/** What the refusal of a frame says of it, when its node is unknown. */
export function unknownFrame({ reason, node, detail }: Refusal): { nodeId: number; bytes: number } | undefined {
  if (reason !== "unknown-node" || !detail.startsWith(FRAME)) return undefined;
  return { nodeId: Number(node), bytes: Number.parseInt(detail.slice(FRAME.length), 10) };
}
