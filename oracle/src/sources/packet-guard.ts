/** Watches the packets of one MQTT connection go by, without keeping anything of them. */
export type PacketGuard = {
  /** Takes the next bytes. Returns the size in bytes of the first packet that is too large, or undefined. */
  take(chunk: Uint8Array): number | undefined;
};

/** A length of MQTT has at most four bytes of seven bits. */
const LENGTH_BYTES = 4;

/**
 * An MQTT parser buffers a packet until it is whole, up to the 256 MB that its header may announce. This reads the headers
 * only, so that a packet that is too large is known by its first five bytes.
 *
 * @param maxBytes - Most that may follow a packet's header.
 */
export function createPacketGuard(maxBytes: number): PacketGuard {
  /** Bytes of the current packet still to come. */
  let left = 0;
  /** Position within the header: 0 is the packet's type, then come the bytes of its length. */
  let position = 0;
  let length = 0;
  return {
    take(chunk) {
      let at = 0;
      while (at < chunk.byteLength) {
        if (left > 0) {
          const skipped = Math.min(left, chunk.byteLength - at);
          left -= skipped;
          at += skipped;
          continue;
        }
        const byte = chunk[at++] ?? 0;
        if (position++ === 0) continue;
        length += (byte & 0x7f) * 128 ** (position - 2);
        const isLast = (byte & 0x80) === 0 || position > LENGTH_BYTES;
        if (length > maxBytes) return length;
        if (!isLast) continue;
        left = length;
        position = 0;
        length = 0;
      }
      return undefined;
    },
  };
}
