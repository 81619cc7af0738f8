import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";

/**
 * The database cannot be reached, or cannot write. Whether the transaction under way took place is unknown: what was kept
 * in memory of it must be read again. Asking again later makes sense.
 */
export class DatabaseUnavailableError extends CommonwattError {
  override readonly name: string = "DatabaseUnavailableError";
}

/** There is no room left to write. It goes on by itself when there is. */
export class DatabaseFullError extends DatabaseUnavailableError {
  override readonly name = "DatabaseFullError";
}

/** The share of the work that this belonged to is another process's by now, or is about to be: that one does it. */
export class LeaseLostError extends DatabaseUnavailableError {
  override readonly name = "LeaseLostError";
}
