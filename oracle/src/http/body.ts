import type { IncomingMessage } from "node:http";

/** Bodies that are being received, all of them together bounded. */
export type BodyReader = {
  /** The body; undefined when it is too large or the sender went away. */
  read(request: IncomingMessage): Promise<Buffer | undefined>;
  /** Bytes held at the moment. */
  held(): number;
};

/** Of a body that is too large so much is still read and dropped, so that its sender gets to read the answer. */
const DROPPED_BYTES = 4 * 1_048_576;

/**
 * Reads bodies of at most `maxBytes`, together at most `maxHeldBytes`: beyond that the request that began longest ago is cut
 * off. A sender that is slow on purpose then loses its own first.
 */
export function createBodyReader(maxBytes: number, maxHeldBytes: number): BodyReader {
  const held = new Map<IncomingMessage, number>();
  let total = 0;

  function hold(request: IncomingMessage, bytes: number): void {
    held.set(request, (held.get(request) ?? 0) + bytes);
    total += bytes;
    while (total > maxHeldBytes) {
      const oldest = held.keys().next();
      if (oldest.done === true) return;
      release(oldest.value);
      oldest.value.destroy();
    }
  }

  function release(request: IncomingMessage): void {
    total -= held.get(request) ?? 0;
    held.delete(request);
  }

  return {
    held: () => total,
    async read(request) {
      // A body that announces itself as too large is not kept at all.
      let keep = Number(request.headers["content-length"] ?? 0) <= maxBytes;
      const chunks: Buffer[] = [];
      let bytes = 0;
      try {
        // What is left unread does not cost the connection: the answer still has to go out on it.
        for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
          bytes += chunk.byteLength;
          if (bytes > maxBytes + DROPPED_BYTES) return undefined;
          keep &&= bytes <= maxBytes;
          if (!keep) {
            chunks.length = 0;
            release(request);
            continue;
          }
          chunks.push(chunk);
          hold(request, chunk.byteLength);
        }
        return keep ? Buffer.concat(chunks, bytes) : undefined;
      } catch {
        // The connection broke, or gave way to others.
        return undefined;
      } finally {
        release(request);
      }
    },
  };
}
