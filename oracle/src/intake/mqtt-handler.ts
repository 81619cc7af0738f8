import { decodeMqtt } from "../sources/decode/mqtt.ts";
import type { NodeTable } from "../sources/decode/node-table.ts";
import type { MessageHandler } from "../sources/message.ts";
import { withSource } from "../sources/with-source.ts";
import type { Intake } from "./intake.ts";

/** Of the name of a client, which may be as long as it likes. */
const MAX_CLIENT_CHARACTERS = 64;

/** What a broker calls for each message: decodes it and hands it to the intake. */
export function createMqttHandler(intake: Intake, options: { baseTopic: string; nodes: NodeTable }): MessageHandler {
  // `async`: a decoder that throws must not take the broker down with it.
  return async (raw) => {
    const source = raw.client === undefined ? "mqtt" : `mqtt:${raw.client.slice(0, MAX_CLIENT_CHARACTERS)}`;
    await intake.take(withSource(decodeMqtt(raw, options), source));
  };
}
