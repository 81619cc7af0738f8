import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";

/** Something the person at the keyboard can put right. Shown as its message alone, without a stack trace. */
export class UserError extends CommonwattError {
  override readonly name = "UserError";
}

/** What to print for anything that was thrown. */
export function describeError(error: unknown): string {
  if (error instanceof CommonwattError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
