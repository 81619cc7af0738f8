import { SECONDS_PER_DAY, SECONDS_PER_INTERVAL } from "@commonwatt/sdk/time";

import { UserError } from "../errors.ts";

/** More distinct distances than this between neighbouring rows mean that there is no step. */
const MAX_DISTINCT_DISTANCES = 10_000;

/**
 * Finds the step of a table from the distances between neighbouring rows of a household, and then insists on it:
 * the most frequent distance is the step, any other must be a multiple of it (rows are missing there).
 */
export class StepDetector {
  readonly #path: string;
  readonly #distances = new Map<number, { count: number; line: number; household: string }>();

  constructor(path: string) {
    this.#path = path;
  }

  /** Notes that a row comes `seconds` after the one before it. */
  note(seconds: number, household: string, line: number): void {
    const known = this.#distances.get(seconds);
    if (known !== undefined) known.count += 1;
    else if (this.#distances.size < MAX_DISTINCT_DISTANCES) this.#distances.set(seconds, { count: 1, line, household });
    else throw new UserError(`${this.#path}, line ${line}: the rows have no constant step.`);
  }

  /**
   * @returns The step in seconds.
   * @throws UserError when there is none, or it is none that quarter-hours and days can be made of.
   */
  step(): number {
    let step = 0;
    let best = 0;
    for (const [seconds, { count }] of this.#distances) {
      if (count > best || (count === best && seconds < step)) [step, best] = [seconds, count];
    }
    if (step === 0) throw new UserError(`${this.#path}: no household has two rows, so the step cannot be told.`);
    if (SECONDS_PER_DAY % step !== 0) {
      throw new UserError(`${this.#path}: rows are ${step} s apart, expected a step that divides a day of 86,400 s.`);
    }
    if (step % SECONDS_PER_INTERVAL !== 0 && SECONDS_PER_INTERVAL % step !== 0) {
      throw new UserError(
        `${this.#path}: rows are ${step} s apart, expected a multiple or a divisor of a quarter-hour (900 s).`,
      );
    }
    for (const [seconds, { line, household }] of this.#distances) {
      if (seconds % step === 0) continue;
      throw new UserError(
        `${this.#path}, line ${line}: this row of "${household}" comes ${seconds} s after the one before, ` +
          `expected the file's step of ${step} s or a multiple of it.`,
      );
    }
    return step;
  }
}
