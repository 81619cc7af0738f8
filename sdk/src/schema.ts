import { type Address, type Hex, isAddress, isHex } from "viem";
import { z } from "zod";

import { InvalidValueError } from "./commonwatt-error.ts";

/** An address as text; a checksum, where there is one, must be right. */
export const addressSchema = z.custom<Address>((value) => typeof value === "string" && isAddress(value), {
  error: "an address: 0x and 40 hex digits",
});

/** Bytes as text. */
export const hexSchema = z.custom<Hex>((value) => isHex(value) && value.length % 2 === 0, {
  error: "bytes: 0x and an even number of hex digits",
});

/**
 * Parses JSON (text, or already parsed) by a schema.
 *
 * @param what - What the input is, for the error: "deployment", "offer".
 * @throws InvalidValueError naming the first key that is wrong, its value, and what was expected.
 */
export function parseBySchema<Schema extends z.ZodType>(
  what: string,
  schema: Schema,
  input: unknown,
): z.output<Schema> {
  const value = typeof input === "string" ? parseJson(what, input) : input;
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  if (issue?.code === "unrecognized_keys") {
    throw new InvalidValueError(`key of the ${what}`, issue.keys[0], "no such key", result.error);
  }
  const path = issue?.path ?? [];
  throw new InvalidValueError(
    path.length === 0 ? what : `${what}: ${path.join(".")}`,
    path.reduce<unknown>((inner, key) => (inner as Record<PropertyKey, unknown>)[key], value),
    issue?.message.replace(/^Invalid input: expected /u, "") ?? `a valid ${what}`,
    result.error,
  );
}

function parseJson(what: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new InvalidValueError(what, text, "JSON", error);
  }
}
