import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";

/** A request is refused: what is wrong, and what was expected, in plain words. */
export class RequestRefusedError extends CommonwattError {
  override readonly name = "RequestRefusedError";
  readonly status: number;
  readonly expected: string;

  constructor(status: number, problem: string, expected: string) {
    super(problem);
    this.status = status;
    this.expected = expected;
  }
}

/** @param status - Of HTTP: 400, 401, 403, 404, 409, 422, 429, 503. */
export function refuse(status: number, problem: string, expected: string): RequestRefusedError {
  return new RequestRefusedError(status, problem, expected);
}
