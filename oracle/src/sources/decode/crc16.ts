const POLYNOMIAL = 0xa001;

/** CRC-16 with the reversed polynomial 0xA001, as both of the variants below have it. */
function crc16(bytes: Uint8Array, start: number): number {
  let crc = start;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
  }
  return crc;
}

/** Checksum of RFM69 frames in JeeLib's native format; 0x4B37 of "123456789". */
export function crc16Modbus(bytes: Uint8Array): number {
  return crc16(bytes, 0xffff);
}

/** Checksum of smart meter telegrams; 0xBB3D of "123456789". */
export function crc16Arc(bytes: Uint8Array): number {
  return crc16(bytes, 0);
}
