import type { Message, Refusal } from "../sources/message.ts";

/** What a decoder made of something that arrived: messages in their order, and what could not be used. */
export type Decoded = { messages: readonly Message[]; refusals: readonly Refusal[] };

/** Where every source hands over what it decoded. */
export type Intake = {
  /**
   * Takes messages, in the order of the calls. Resolves when they are on disk (or refused for good), so that the sender
   * may be acknowledged; rejects when they must be sent again.
   */
  take(decoded: Decoded): Promise<void>;
};
