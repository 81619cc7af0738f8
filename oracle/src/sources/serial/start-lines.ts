import type { Logger } from "pino";

import type { SerialConfig } from "../../config/schema.ts";
import type { Intake } from "../../intake/intake.ts";
import type { NodeTable } from "../decode/node-table.ts";
import { startSerial } from "./serial.ts";

/** Starts every serial line of the config, with a log line whenever one is opened or fails. */
export function startSerialLines(
  lines: readonly SerialConfig[],
  { nodes, intake, log }: { nodes: NodeTable; intake: Intake; log: Logger },
): { close(): Promise<void> } {
  const ports = lines.map((line) =>
    startSerial(line, {
      nodes,
      intake,
      onOpen: (path) => {
        log.info({ event: "serial-open", path }, `Reading ${line.format} from ${path}`);
      },
      onError: ({ message }) => {
        log.warn({ event: "serial-failed", path: line.path, reason: message }, `Serial line ${line.path}: ${message}`);
      },
    }),
  );
  return {
    async close() {
      await Promise.all(ports.map((port) => port.close()));
    },
  };
}
