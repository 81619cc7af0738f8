import { deflateSync } from "node:zlib";

/** A frame as emonHub buffers it: unix seconds, node, values by place or by name. */
export type Frame = readonly [
  seconds: number,
  node: string | number,
  ...values: (number | null | Record<string, number>)[],
];

/** The most frames in one request, as in emonHub. */
const BATCH = 1_000;

/**
 * An uplink that does what emonHub's does: it posts what is in its buffer, oldest first, and keeps it until the reply is
 * exactly `ok`.
 *
 * @param nowSeconds - The sender's own clock.
 */
export function createEmonHub(options: {
  url: string;
  key: string;
  nowSeconds: () => number;
  compress: boolean;
  /** How long a reply is waited for. */
  timeoutMs?: number;
}) {
  const buffer: Frame[] = [];
  let requests = 0;
  return {
    add(frame: Frame) {
      buffer.push(frame);
    },
    waiting: () => buffer.length,
    requests: () => requests,
    /** One post. True when the batch was acknowledged and left the buffer. */
    async flush(): Promise<boolean> {
      const batch = buffer.slice(0, BATCH);
      if (batch.length === 0) return true;
      const { url, key, nowSeconds, compress, timeoutMs = 5_000 } = options;
      const data = JSON.stringify(batch);
      const target = `${url}/input/bulk.json?sentat=${Math.floor(nowSeconds())}${compress ? "&cb=1" : ""}`;
      requests++;
      try {
        const response = await fetch(target, {
          method: "POST",
          headers: { authorization: `Bearer ${key}` },
          body: compress ? deflateSync(data) : new URLSearchParams({ data }),
          signal: AbortSignal.timeout(timeoutMs),
        });
        if (response.status !== 200 || (await response.text()) !== "ok") return false;
      } catch {
        return false;
      }
      buffer.splice(0, batch.length);
      return true;
    },
  };
}
