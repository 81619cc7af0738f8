import { z } from "zod";

import type { RouteSpec } from "./route.ts";
import { events, refusalSchema } from "./schemas.ts";
import { specs } from "./specs.ts";

type Json = Record<string, unknown>;

/** JSON Schema 2020-12, which OpenAPI 3.1 is. Patterns of code and `pipe` of checks show as what is sent. */
function schemaOf(schema: z.ZodType): Json {
  const described: Json = z.toJSONSchema(schema, { io: "input", target: "draft-2020-12", unrepresentable: "any" });
  return Object.fromEntries(Object.entries(described).filter(([key]) => key !== "$schema"));
}

const json = (schema: z.ZodType) => ({ "application/json": { schema: schemaOf(schema) } });

/** Answers that any route may give, besides its own. */
function commonAnswers(spec: RouteSpec): Json {
  const refusal = (description: string) => ({ description, content: json(refusalSchema) });
  const isChecked = spec.params !== undefined || spec.query !== undefined || spec.body !== undefined;
  return {
    ...(isChecked ? { 400: refusal("Something in the request is not as it should be") } : {}),
    ...(spec.session ? { 401: refusal("No session, or none any more") } : {}),
    ...(spec.path.includes("{meter}") ? { 404: refusal("Not one of the wallet's meters") } : {}),
    ...(spec.path.includes("{id}") ? { 404: refusal("Not one of the wallet's actions") } : {}),
    ...(spec.body === undefined
      ? {}
      : { 413: refusal("The body is too large"), 415: refusal("The body is not sent as application/json") }),
    429: refusal("Too many requests: Retry-After says when to come again"),
    503: refusal("The chain or the database cannot be asked now"),
  };
}

function parametersOf({ params, query }: RouteSpec): Json[] {
  const of = (place: "path" | "query", object: z.ZodObject | undefined) => {
    if (object === undefined) return [];
    const { properties = {}, required = [] } = schemaOf(object) as { properties?: Json; required?: string[] };
    return Object.entries(properties).map(([name, schema]) => ({
      name,
      in: place,
      required: place === "path" || required.includes(name),
      schema,
    }));
  };
  return [...of("path", params), ...of("query", query)];
}

function operationOf(spec: RouteSpec): Json {
  const answers = Object.entries(spec.answers).map(([status, { description, schema, stream }]) => {
    if (stream === true) return [status, { description, content: streamContent() }];
    return [status, { description, ...(schema === undefined ? {} : { content: json(schema) }) }];
  });
  const parameters = parametersOf(spec);
  return {
    operationId: spec.id,
    summary: spec.summary,
    security: spec.session ? [{ session: [] }] : [],
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(spec.body === undefined ? {} : { requestBody: { required: true, content: json(spec.body) } }),
    responses: { ...commonAnswers(spec), ...(Object.fromEntries(answers) as Json) },
  };
}

function streamContent(): Json {
  const data = Object.entries(events).map(([event, schema]) => ({ title: event, ...schemaOf(schema) }));
  return { "text/event-stream": { schema: { description: "`data` of each event is JSON", anyOf: data } } };
}

/** The API's description, OpenAPI 3.1, made of the schemas that requests are checked by. */
export function describeApi(): Json {
  const paths: Record<string, Json> = {};
  for (const spec of Object.values(specs) as RouteSpec[]) {
    (paths[spec.path] ??= {})[spec.method.toLowerCase()] = operationOf(spec);
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Commonwatt private API",
      version: "1",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
      description:
        "What a member sees of their own meters, and how signed actions are sent for them. Energy is in Wh, days are UTC.",
    },
    paths,
    components: { securitySchemes: { session: { type: "http", scheme: "bearer" } } },
  };
}
