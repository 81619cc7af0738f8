import { readFileSync } from "node:fs";

import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";
import { z } from "zod";

import { explainIssues } from "../config/issues.ts";
import type { Answers } from "./ask.ts";
import { METER_QUESTIONS } from "./meter-questions.ts";
import { QUESTIONS } from "./questions.ts";

const answer = z.union([z.string(), z.number(), z.boolean()]).transform(String);
const meterShape = Object.fromEntries(METER_QUESTIONS.map((key) => [key, answer.optional()]));
const shape = Object.fromEntries(QUESTIONS.map((key) => [key, answer.optional()]));
const input = z.record(z.string(), z.json());
/** Names are checked, for a misspelt one would be asked for, or worse, left to its default. */
const schema = z.strictObject({
  ...shape,
  meters: z
    .array(z.strictObject({ ...meterShape, inputs: z.array(input).max(32).optional() }))
    .max(1_000)
    .optional(),
});

/** Answers to the questions of one meter, and its inputs where it has no ready profile. */
export type MeterAnswers = { answers: Answers; inputs?: readonly object[] | undefined };

/**
 * Reads an answers file: JSON with a name for each answered question, and `meters`, a list of those of each meter.
 *
 * @throws CommonwattError naming what is wrong in it.
 */
export function readAnswersFile(file: string): { answers: Answers; meters: MeterAnswers[] } {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new CommonwattError(`The answers file ${file} cannot be used: ${String(error)}`);
  }
  const result = schema.safeParse(value);
  if (!result.success) {
    const problems = explainIssues(schema, value, result.error);
    throw new CommonwattError(`The answers file ${file} is wrong:\n  ${problems.join("\n  ")}`);
  }
  const { meters = [], ...answers } = result.data;
  return {
    answers: given(answers),
    meters: meters.map(({ inputs, ...rest }) => ({ answers: given(rest), inputs })),
  };
}

function given(answers: object): Answers {
  return Object.fromEntries(
    Object.entries(answers).filter((entry): entry is [string, string] => typeof entry[1] === "string"),
  );
}
