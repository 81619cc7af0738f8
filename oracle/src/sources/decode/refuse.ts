import type { Decoded } from "../../intake/intake.ts";
import type { Message, Refusal, RefusalReason } from "../message.ts";
import { MAX_NAME_CHARACTERS } from "./limits.ts";

const MAX_QUOTED = 100;

/** A refusal of a whole message, or of one input of it. Names are cut: they may be as long as the sender likes. */
export function refusal(reason: RefusalReason, node: string, detail: string, input?: string): Refusal {
  return { reason, node: cut(node), detail, ...(input === undefined ? {} : { input: cut(input) }) };
}

/** Something that arrived and cannot be used at all. */
export function refused(reason: RefusalReason, node: string, detail: string, input?: string): Decoded {
  return { messages: [], refusals: [refusal(reason, node, detail, input)] };
}

/** One message, and what of it could not be used. A message without any value is none. */
export function decoded(message: Message, refusals: readonly Refusal[] = []): Decoded {
  return { messages: message.values.size === 0 ? [] : [message], refusals };
}

/** Shows a value in a refusal, cut short. What has parts is only named: it may be nested deeper than the stack. */
export function quote(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object" && value !== null) return "an object";
  if (typeof value !== "string") return String(value);
  return value.length <= MAX_QUOTED ? JSON.stringify(value) : `${JSON.stringify(value.slice(0, MAX_QUOTED - 3))}...`;
}

function cut(name: string): string {
  return name.length <= MAX_NAME_CHARACTERS ? name : name.slice(0, MAX_NAME_CHARACTERS);
}
