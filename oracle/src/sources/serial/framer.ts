import { MAX_LINE_BYTES, MAX_TELEGRAM_BYTES } from "../decode/limits.ts";

/** Cuts a stream of bytes into lines or telegrams, holding on to no more than one of them. */
export type Framer = {
  /** Takes the next bytes and returns what they complete. */
  push(chunk: Uint8Array): Uint8Array[];
  /** Units that were dropped for their length, since the last call. */
  takeOverlong(): number;
};

const NEWLINE = 0x0a;
const SLASH = 0x2f;
const EXCLAMATION = 0x21;

/** Lines, handed on without their end. The first one may be the rest of a line and is dropped by who cannot read it. */
export function createLineFramer(): Framer {
  return createFramer({ maxBytes: MAX_LINE_BYTES, begins: () => true, ends: () => true, strip: 1 });
}

/** Telegrams of a smart meter: from a line that begins with `/` to the end of the one that begins with `!`. */
export function createTelegramFramer(): Framer {
  return createFramer({
    maxBytes: MAX_TELEGRAM_BYTES,
    begins: (line) => line[0] === SLASH,
    ends: (line) => line[0] === EXCLAMATION,
    strip: 0,
  });
}

type Rules = {
  maxBytes: number;
  /** Whether a line begins a unit, whatever was before it. */
  begins: (line: Uint8Array) => boolean;
  /** Whether a line of a unit is its last. */
  ends: (line: Uint8Array) => boolean;
  /** Bytes at the end of a unit that do not belong to it. */
  strip: number;
};

function createFramer({ maxBytes, begins, ends, strip }: Rules): Framer {
  /** The line that has not ended yet, and the lines of the unit before it. */
  let line: Uint8Array[] = [];
  let lineBytes = 0;
  let unit: Uint8Array[] = [];
  let unitBytes = 0;
  /** Skipping to the end of a line that is too long. */
  let skipping = false;
  let overlong = 0;

  function drop(): void {
    overlong++;
    unit = [];
    unitBytes = 0;
  }

  function takeLine(): Uint8Array | undefined {
    const whole = Buffer.concat(line);
    line = [];
    lineBytes = 0;
    if (begins(whole)) {
      unit = [];
      unitBytes = 0;
    } else if (unit.length === 0) {
      return undefined;
    }
    if (unitBytes + whole.byteLength > maxBytes) {
      drop();
      return undefined;
    }
    unit.push(whole);
    unitBytes += whole.byteLength;
    if (!ends(whole)) return undefined;
    const complete = Buffer.concat(unit);
    unit = [];
    unitBytes = 0;
    return complete.subarray(0, complete.byteLength - strip);
  }

  return {
    push(chunk) {
      const complete: Uint8Array[] = [];
      for (let from = 0; from < chunk.byteLength;) {
        const newline = chunk.indexOf(NEWLINE, from);
        const to = newline < 0 ? chunk.byteLength : newline + 1;
        if (!skipping && lineBytes + to - from > maxBytes) {
          skipping = true;
          line = [];
          lineBytes = 0;
          drop();
        }
        if (!skipping) {
          // A copy: the stream may use its buffer again.
          line.push(chunk.slice(from, to));
          lineBytes += to - from;
        }
        if (newline >= 0) {
          const taken = skipping ? undefined : takeLine();
          skipping = false;
          if (taken !== undefined) complete.push(taken);
        }
        from = to;
      }
      return complete;
    },
    takeOverlong() {
      const count = overlong;
      overlong = 0;
      return count;
    },
  };
}
