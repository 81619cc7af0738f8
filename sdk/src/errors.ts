import { CommonwattError } from "./commonwatt-error.ts";

export { CommonwattError, InvalidValueError } from "./commonwatt-error.ts";

/** Says in one plain sentence what went wrong. */
export function explainError(error: unknown): string {
  return error instanceof CommonwattError ? error.message : String(error);
}
