import { closeSync, constants, fstatSync, openSync } from "node:fs";
import { open } from "node:fs/promises";
import { Socket } from "node:net";
import { Readable } from "node:stream";
import { setTimeout as pause } from "node:timers/promises";
import { isatty, ReadStream } from "node:tty";

import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";

/** How often a file is looked at for what was added to it, and how much of that is read at once. */
const FOLLOW_MS = 250;
const FOLLOW_BYTES = 65_536;

/**
 * Opens a tty, a named pipe or a file to read from. None of them ties up a thread while it has nothing to say: a process
 * has only a few, and every other file operation needs them.
 *
 * A named pipe is opened for writing as well, so that it does not end when a writer leaves. A file is followed from its
 * present end: what stands in it already has no time of its own.
 *
 * @throws The error of the operating system; CommonwattError when the path is something else.
 */
export function openPort(path: string, signal: AbortSignal): Readable {
  const { O_RDONLY, O_RDWR, O_NONBLOCK, O_NOCTTY } = constants;
  const fd = openSync(path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  const stat = fstatSync(fd);
  if (stat.isCharacterDevice() && isatty(fd)) return new ReadStream(fd);
  closeSync(fd);
  if (stat.isFIFO()) return new Socket({ fd: openSync(path, O_RDWR | O_NONBLOCK), readable: true, writable: false });
  if (stat.isFile()) return Readable.from(follow(path, stat.size, signal), { objectMode: false });
  throw new CommonwattError(`${path} is neither a tty nor a named pipe nor a file`);
}

async function* follow(path: string, from: number, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  await using file = await open(path, constants.O_RDONLY);
  let position = from;
  while (!signal.aborted) {
    const { size } = await file.stat();
    // Emptied, as a log that is rotated: it begins anew.
    if (size < position) position = 0;
    const { bytesRead, buffer } = await file.read({ buffer: Buffer.alloc(FOLLOW_BYTES), position });
    position += bytesRead;
    if (bytesRead > 0) yield buffer.subarray(0, bytesRead);
    else await pause(FOLLOW_MS, undefined, { signal }).catch(() => undefined);
  }
}
