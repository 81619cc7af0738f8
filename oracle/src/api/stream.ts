import type { ServerResponse } from "node:http";

import type { EventName } from "./schemas.ts";
import type { Session } from "./sessions.ts";

/** One connection that events are sent on. Never more is held for it than a few looks bring: who does not read is cut off. */
export type Stream = {
  session: Session;
  meters: ReadonlySet<number>;
  /** Unix milliseconds of the last bytes sent. */
  lastMs: number;
  isOpen(): boolean;
  send(event: StoredEvent): void;
  /** Everything that follows is the whole state: what was known before no longer counts. */
  reset(): void;
  heartbeat(): void;
  /** Says why, and ends it. */
  end(reason: string): void;
};

export type StoredEvent = { id: string; seq: number; meter: number; name: EventName; data: string };

/** Bytes that wait to be read; beyond that the reader is too slow, and may come again with the last event it has. */
const MAX_WAITING_BYTES = 262_144;

/** @param onClose - Called once, whoever ends it. */
export function openStream(
  response: ServerResponse,
  { session, meters, nowMs }: { session: Session; meters: readonly number[]; nowMs: () => number },
  onClose: (stream: Stream) => void,
): Stream {
  response.writeHead(200, {
    "content-type": "text/event-stream",
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    // nginx would keep the events back until there are enough of them.
    "x-accel-buffering": "no",
  });

  function write(text: string): void {
    if (!stream.isOpen()) return;
    response.write(text);
    stream.lastMs = nowMs();
    if (response.writableLength > MAX_WAITING_BYTES) response.destroy();
  }

  const stream: Stream = {
    session,
    meters: new Set(meters),
    lastMs: nowMs(),
    isOpen: () => !response.destroyed && !response.writableEnded,
    send({ id, name, data }) {
      write(`id: ${id}\nevent: ${name}\ndata: ${data}\n\n`);
    },
    reset() {
      write("event: reset\ndata: {}\n\n");
    },
    heartbeat() {
      write(": \n\n");
    },
    end(reason) {
      if (!stream.isOpen()) return;
      response.end(`event: end\ndata: ${JSON.stringify({ reason })}\n\n`);
    },
  };
  response.once("close", () => {
    onClose(stream);
  });
  return stream;
}
