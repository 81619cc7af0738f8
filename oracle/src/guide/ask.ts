import { createInterface } from "node:readline/promises";

import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";

/** One question. What `read` makes of the answer is what the caller gets; it throws on one that is none. */
export type Question<T> = {
  /** Its name in the answers file. */
  key: string;
  text: string;
  /** Taken where nothing is answered. */
  fallback?: string;
  read: (answer: string) => T | Promise<T>;
};

export type Ask = <T>(question: Question<T>) => Promise<T>;
export type Asker = { ask: Ask; close: () => void };
/** Answers by the name of their question. */
export type Answers = Readonly<Record<string, string>>;

/** A person who answers wrongly that often has another question. */
const MAX_TRIES = 10;

/**
 * Asks whoever can answer: the answers that were given first, then the person at the terminal, then the fallback.
 *
 * @param given - From the answers file, and from an earlier run.
 * @param options.terminal - Whether there is a person to ask.
 * @param options.onAnswer - Told each answer of the person, so that it is not asked again.
 */
export function createAsker(
  given: Answers,
  { terminal, onAnswer = () => undefined }: { terminal: boolean; onAnswer?: (key: string, answer: string) => void },
): Asker {
  const lines = terminal ? createInterface({ input: process.stdin, output: process.stdout }) : undefined;

  async function askPerson<T>({ key, text, fallback, read }: Question<T>): Promise<T> {
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const hint = fallback === undefined ? "" : ` [${fallback}]`;
      const typed = ((await lines?.question(`${text}${hint} `)) ?? "").trim();
      const answer = typed === "" ? (fallback ?? "") : typed;
      try {
        const value = await read(answer);
        onAnswer(key, answer);
        return value;
      } catch (error) {
        if (!(error instanceof CommonwattError)) throw error;
        process.stdout.write(`  ${error.message}\n`);
      }
    }
    throw new CommonwattError(`"${key}" has no answer after ${MAX_TRIES} tries. Run it again: it goes on from here`);
  }

  return {
    async ask(question) {
      const { key, text, fallback, read } = question;
      const answer = given[key];
      if (answer !== undefined) {
        try {
          return await read(answer);
        } catch (error) {
          throw new CommonwattError(`Answer "${key}": ${error instanceof Error ? error.message : String(error)}`);
        }
      }
      if (lines !== undefined) return askPerson(question);
      if (fallback !== undefined) return read(fallback);
      throw new CommonwattError(`The answer "${key}" is missing, expected: ${text}`);
    },
    close() {
      lines?.close();
    },
  };
}
