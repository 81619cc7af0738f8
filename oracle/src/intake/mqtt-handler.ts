import { decodeMqtt } from "../sources/decode/mqtt.ts";
import type { NodeTable } from "../sources/decode/node-table.ts";
import type { MessageHandler } from "../sources/message.ts";
import type { Intake } from "./intake.ts";

/** What a broker calls for each message: decodes it and hands it to the intake. */
export function createMqttHandler(intake: Intake, options: { baseTopic: string; nodes: NodeTable }): MessageHandler {
  // `async`: a decoder that throws must not take the broker down with it.
  return async (raw) => intake.take(decodeMqtt(raw, options));
}
