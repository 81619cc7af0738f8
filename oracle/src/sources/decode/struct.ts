import type { Decoded } from "../../intake/intake.ts";
import { readInputs } from "./inputs.ts";
import type { FieldCode, NodeDefinition } from "./node-table.ts";
import { decoded, refused } from "./refuse.ts";

/** Bytes of each code, as in struct notation with standard sizes and no padding. */
export const CODE_BYTES: Readonly<Record<FieldCode, number>> = {
  ...{ b: 1, B: 1, h: 2, H: 2, i: 4, I: 4, l: 4, L: 4, q: 8, Q: 8, f: 4, d: 8 },
};

/** Bytes of a frame's payload. */
export function sizeOf({ fields }: NodeDefinition): number {
  return fields.reduce((bytes, { code }) => bytes + CODE_BYTES[code], 0);
}

/** Reads the payload of a radio frame, little endian, by the node's definition in the config. */
export function decodePayload(definition: NodeDefinition, payload: Uint8Array, rssi: number | undefined): Decoded {
  const { name, fields } = definition;
  const expectedBytes = sizeOf(definition);
  if (payload.byteLength !== expectedBytes) {
    const detail = `${payload.byteLength} bytes of values, expected ${expectedBytes} for the ${fields.length} of the node in the config`;
    return refused("malformed-frame", name, detail);
  }
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  let offset = 0;
  const entries = fields.map(({ name: field, code, scale }): [string, number] => {
    const raw = readCode(view, offset, code);
    offset += CODE_BYTES[code];
    return [field, scaled(raw, scale)];
  });
  if (rssi !== undefined) entries.push(["rssi", rssi]);
  const inputs = readInputs(name, entries);
  if ("reason" in inputs) return { messages: [], refusals: [inputs] };
  return decoded({ node: name, timeMs: undefined, values: inputs.values }, inputs.refusals);
}

/** 549 at a scale of 0.1 is 54.9, not 54.900000000000006: where the scale is one in so many, division is exact. */
function scaled(raw: number, scale: number): number {
  const parts = Math.round(1 / scale);
  return parts > 1 && Math.abs(parts * scale - 1) < 1e-12 ? raw / parts : raw * scale;
}

function readCode(view: DataView, offset: number, code: FieldCode): number {
  switch (code) {
    case "b":
      return view.getInt8(offset);
    case "B":
      return view.getUint8(offset);
    case "h":
      return view.getInt16(offset, true);
    case "H":
      return view.getUint16(offset, true);
    case "i":
    case "l":
      return view.getInt32(offset, true);
    case "I":
    case "L":
      return view.getUint32(offset, true);
    case "q":
      return Number(view.getBigInt64(offset, true));
    case "Q":
      return Number(view.getBigUint64(offset, true));
    case "f":
      return view.getFloat32(offset, true);
    case "d":
      return view.getFloat64(offset, true);
  }
}
