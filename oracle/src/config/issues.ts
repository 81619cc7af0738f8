import { z } from "zod";

/**
 * Says in plain words what is wrong with a config: one line per problem, each with the place, the value and what was
 * expected.
 *
 * @param schema - The schema that refused the value.
 * @param value - The refused value; values are shown, so it must hold no secrets.
 */
export function explainIssues(schema: z.ZodType, value: unknown, error: z.ZodError): string[] {
  return error.issues.map((issue) => {
    const place = placeOf(issue.path);
    if (issue.code === "unrecognized_keys") {
      const known = keysAt(schema, value, issue.path);
      const unknown = issue.keys.map((key) => JSON.stringify(key)).join(", ");
      return `${place}: unknown key ${unknown}, expected one of ${known.join(", ")}`;
    }
    const given = valueAt(value, issue.path);
    if (given === undefined) return `${place}: missing, ${expectation(issue.message)}`;
    return `${place}: ${showValue(given)} is not allowed, ${expectation(issue.message)}`;
  });
}

function expectation(message: string): string {
  const expected = /expected .*$/isu.exec(message)?.[0];
  return expected === undefined ? message : expected.replace(/, received .*$/u, "").replace(/^E/u, "e");
}

function placeOf(path: readonly PropertyKey[]): string {
  if (path.length === 0) return "config";
  return path
    .map((step, index) => (typeof step === "number" ? `[${step}]` : `${index ? "." : ""}${String(step)}`))
    .join("");
}

function showValue(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length <= 80 ? text : `${text.slice(0, 77)}...`;
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (at, step) => (typeof at === "object" && at !== null ? (at as Record<PropertyKey, unknown>)[step] : undefined),
    value,
  );
}

/** The keys the schema allows for the object at `path`. */
function keysAt(schema: z.ZodType, value: unknown, path: readonly PropertyKey[]): string[] {
  let at: z.ZodType = schema;
  for (const [depth, step] of path.entries()) {
    const object = objectSchema(at, valueAt(value, path.slice(0, depth)));
    if (object !== undefined) at = object.shape[String(step)] as z.ZodType;
    else if (unwrap(at) instanceof z.ZodArray) at = (unwrap(at) as z.ZodArray<z.ZodType>).element;
  }
  return Object.keys(objectSchema(at, valueAt(value, path))?.shape ?? {});
}

/** The object schema that applies to `value`; of a union, the option whose literal keys match. */
function objectSchema(schema: z.ZodType, value: unknown): z.ZodObject | undefined {
  const inner = unwrap(schema);
  if (inner instanceof z.ZodObject) return inner;
  if (!(inner instanceof z.ZodUnion)) return undefined;
  return inner.options
    .map((option) => objectSchema(option as z.ZodType, value))
    .find((option) => option !== undefined && literalsMatch(option, value));
}

function literalsMatch(schema: z.ZodObject, value: unknown): boolean {
  return Object.entries(schema.shape).every(
    ([key, field]) => !(field instanceof z.ZodLiteral) || field.safeParse(valueAt(value, [key])).success,
  );
}

function unwrap(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional) {
    return unwrap(schema.unwrap() as z.ZodType);
  }
  return schema;
}
