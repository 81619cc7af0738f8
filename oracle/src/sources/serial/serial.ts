import { setTimeout as pause } from "node:timers/promises";

import type { SerialConfig } from "../../config/schema.ts";
import type { Decoded, Intake } from "../../intake/intake.ts";
import type { NodeTable } from "../decode/node-table.ts";
import { refused } from "../decode/refuse.ts";
import { decodeSerial } from "../decode/serial.ts";
import { withSource } from "../with-source.ts";
import { createLineFramer, createTelegramFramer } from "./framer.ts";
import { openPort } from "./open-port.ts";

export type SerialPort = { close(): Promise<void> };

export type SerialParts = {
  nodes: NodeTable;
  intake: Intake;
  /** Told when the port is open, each time. */
  onOpen: (path: string) => void;
  /** Told when the port ended or could not be opened, or something could not be taken; it goes on by itself. */
  onError: (error: Error) => void;
};

const FIRST_PAUSE_MS = 1_000;
const MAX_PAUSE_MS = 30_000;

/**
 * Reads what a serial port delivers, for as long as it lives: where the port ends or is not there, it is opened again and
 * again. A serial device says everything once: what the intake cannot take now is offered until it does, and the port waits
 * meanwhile.
 */
export function startSerial(config: SerialConfig, { nodes, intake, onOpen, onError }: SerialParts): SerialPort {
  const stop = new AbortController();
  const { signal } = stop;
  const { path, format, node = "" } = config;
  /** Doubles with every failure; a success sets it back. */
  let failures = 0;

  async function failed(error: unknown): Promise<void> {
    if (signal.aborted) return;
    onError(error instanceof Error ? error : new Error(String(error)));
    const waitMs = Math.min(FIRST_PAUSE_MS * 2 ** Math.min(failures++, 16), MAX_PAUSE_MS);
    await pause(waitMs, undefined, { signal }).catch(() => undefined);
  }

  async function offer(decoded: Decoded): Promise<void> {
    while (!signal.aborted) {
      try {
        await intake.take(decoded);
        return;
      } catch (error) {
        await failed(error);
      }
    }
  }

  async function readPort(): Promise<void> {
    const framer = format === "p1" ? createTelegramFramer() : createLineFramer();
    const port = openPort(path, signal);
    const end = () => port.destroy();
    signal.addEventListener("abort", end);
    try {
      onOpen(path);
      for await (const chunk of port as AsyncIterable<Uint8Array>) {
        for (const unit of framer.push(chunk)) {
          const decoded = decodeSerial(unit, config, nodes);
          if (decoded.messages.length + decoded.refusals.length > 0) await offer(withSource(decoded, `serial:${path}`));
          failures = 0;
        }
        const overlong = framer.takeOverlong();
        if (overlong > 0)
          await offer(refused("too-large", node, `${overlong} times more on ${path} than a ${unitOf(format)} can be`));
      }
    } finally {
      signal.removeEventListener("abort", end);
      port.destroy();
    }
    throw new Error(`${path} has ended`);
  }

  async function run(): Promise<void> {
    while (!signal.aborted) await readPort().catch(failed);
  }

  const done = run();
  return {
    async close() {
      stop.abort();
      await done;
    },
  };
}

function unitOf(format: SerialConfig["format"]): string {
  return format === "p1" ? "telegram" : "line";
}
