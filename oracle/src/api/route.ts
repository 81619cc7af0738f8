import type { IncomingMessage, ServerResponse } from "node:http";

import type { z } from "zod";

import type { Session } from "./sessions.ts";

export type Answers = Readonly<Record<number, { description: string; schema?: z.ZodType; stream?: boolean }>>;

/** A route as it is described, and as it is checked: there is no second description. */
export type RouteSpec = {
  id: string;
  method: "GET" | "POST" | "DELETE";
  /** With `{meter}` where a parameter stands. */
  path: string;
  summary: string;
  /** Whether it needs a session. */
  session: boolean;
  params?: z.ZodObject;
  query?: z.ZodObject;
  body?: z.ZodType;
  answers: Answers;
};

/** What a handler gets: checked by the route's schemas. */
export type Input<S extends RouteSpec> = {
  params: S["params"] extends z.ZodType ? z.output<S["params"]> : undefined;
  query: S["query"] extends z.ZodType ? z.output<S["query"]> : undefined;
  body: S["body"] extends z.ZodType ? z.output<S["body"]> : undefined;
  session: S["session"] extends true ? Session : undefined;
  request: IncomingMessage;
  response: ServerResponse;
};

/** An answer; `streaming` when the handler has taken the response over. */
export type Answer = { status: number; body?: object } | "streaming";

export type Route = { spec: RouteSpec; handle: (input: Input<RouteSpec>) => Promise<Answer> };

/** A route with what does its work. */
export function bind<const S extends RouteSpec>(spec: S, handle: (input: Input<S>) => Promise<Answer>): Route {
  // The handler gets what the spec's own schemas let through.
  return { spec, handle: handle };
}

/** The route of a path, and the parameters in it; `"other-method"` when only the method is wrong. */
export function findRoute(
  routes: readonly Route[],
  method: string,
  path: string,
): { route: Route; params: Record<string, string> } | "other-method" | undefined {
  const steps = path.split("/");
  let found = false;
  for (const route of routes) {
    const params = matchPath(route.spec.path.split("/"), steps);
    if (params === undefined) continue;
    if (route.spec.method === method) return { route, params };
    found = true;
  }
  return found ? "other-method" : undefined;
}

function matchPath(pattern: readonly string[], steps: readonly string[]): Record<string, string> | undefined {
  if (pattern.length !== steps.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, part] of pattern.entries()) {
    const step = steps[index] ?? "";
    if (part.startsWith("{")) params[part.slice(1, -1)] = step;
    else if (part !== step) return undefined;
  }
  return params;
}
