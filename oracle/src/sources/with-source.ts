import type { Decoded } from "../intake/intake.ts";

/** The same with the way it came in, such as "mqtt" or "serial:/dev/ttyAMA0". */
export function withSource({ messages, refusals }: Decoded, source: string): Decoded {
  return { messages: messages.map((message) => ({ ...message, source })), refusals };
}
