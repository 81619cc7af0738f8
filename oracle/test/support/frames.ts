import { crc16Arc, crc16Modbus } from "../../src/sources/decode/crc16.ts";

/** A frame as a JeeLib receiver prints it: for tests, the other way round. */
export function toJeelib(nodeId: number, payload: Uint8Array, rssi?: number): string {
  return ["OK", nodeId, ...payload, ...(rssi === undefined ? [] : [`(${rssi})`])].join(" ");
}

/** A frame in JeeLib's native RFM69 format, as hex, of the group that OpenEnergyMonitor uses. */
export function toRfm69(header: number, payload: Uint8Array): string {
  const bytes = [210, header, payload.byteLength, ...payload.map((byte) => byte ^ 0x55)];
  const crc = crc16Modbus(Uint8Array.from(bytes));
  return Buffer.from([...bytes, crc & 0xff, crc >> 8]).toString("hex");
}

/** A telegram of a smart meter with these objects and the checksum that they have. */
export function toTelegram(objects: readonly string[]): Buffer {
  const body = `/ABC5\\TEST-METER\r\n\r\n${objects.map((line) => `${line}\r\n`).join("")}!`;
  const crc = crc16Arc(Buffer.from(body, "latin1")).toString(16).toUpperCase().padStart(4, "0");
  return Buffer.from(`${body}${crc}\r\n`, "latin1");
}
