/** Options of {@link CommonwattError}. */
export type CommonwattErrorOptions = {
  /** More for the person who looks closer: values, addresses, what was tried. */
  details?: string;
  cause?: unknown;
};

/** Base of all errors this project throws itself: one short sentence, and details for whoever looks closer. */
export class CommonwattError extends Error {
  override readonly name: string = "CommonwattError";
  readonly shortMessage: string;
  readonly details: string | undefined;

  constructor(shortMessage: string, { details, cause }: CommonwattErrorOptions = {}) {
    super(details === undefined ? shortMessage : `${shortMessage} (${details})`, cause === undefined ? {} : { cause });
    this.shortMessage = shortMessage;
    this.details = details;
  }
}

/** A value that is not what it must be. Says its name, the value, and what was expected. */
export class InvalidValueError extends CommonwattError {
  override readonly name = "InvalidValueError";
  readonly value: unknown;
  readonly expected: string;

  /**
   * @param what - Name of the value, as its reader knows it: "priceTicks", "intervals".
   * @param value - The offending value; long ones are shortened in the message.
   * @param expected - What would have been right: "a whole number from 0 to 65535".
   */
  constructor(what: string, value: unknown, expected: string, cause?: unknown) {
    super(`${what} is ${showValue(value)}, expected ${expected}`, cause === undefined ? {} : { cause });
    this.value = value;
    this.expected = expected;
  }
}

const SHOWN_CHARACTERS = 80;

/** A value as one short piece of text. */
function showValue(value: unknown): string {
  const text = typeof value === "string" ? JSON.stringify(value) : plainText(value);
  return text.length <= SHOWN_CHARACTERS ? text : `${text.slice(0, SHOWN_CHARACTERS)}... (${text.length} characters)`;
}

function plainText(value: unknown): string {
  if (typeof value !== "object" || value === null) return String(value);
  return JSON.stringify(value, (_key, entry: unknown) => (typeof entry === "bigint" ? entry.toString() : entry));
}
