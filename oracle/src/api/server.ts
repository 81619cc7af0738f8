import type { IncomingMessage, ServerResponse } from "node:http";

import { BaseError } from "viem";
import type { Logger } from "pino";
import type { z } from "zod";

import { DisagreementError } from "../chain/endpoints/agree.ts";
import type { ApiConfig } from "../config/api.ts";
import { explainIssues } from "../config/issues.ts";
import { createBodyReader } from "../http/body.ts";
import { networkOf } from "../http/network-of.ts";
import { createRateLimit } from "../http/rate.ts";
import { limitComplaints } from "../sources/complaints.ts";
import { DatabaseUnavailableError } from "../storage/errors.ts";
import { refuse, RequestRefusedError } from "./refusal.ts";
import { type Answer, findRoute, type Input, type Route, type RouteSpec } from "./route.ts";
import { none } from "./schemas.ts";
import { hashToken, type Session, type SessionStore, TOKEN } from "./sessions.ts";

/** The private API behind somebody's HTTP server. */
export type ApiServer = {
  /** Answers a request of the API; false when it is none of its. Never throws. */
  serve(request: IncomingMessage, response: ServerResponse, url: URL): Promise<boolean>;
  /** A session has begun: its token is no stranger's. */
  welcome(id: string): void;
  /** Answers since the start, by HTTP status. */
  answered(): Readonly<Record<number, number>>;
};

export type ApiServerParts = {
  config: ApiConfig;
  routes: () => readonly Route[];
  sessions: Pick<SessionStore, "find">;
  log: Logger;
};

/** A purchase out of many offers is the longest; more than that no transaction carries. */
const MAX_BODY_BYTES = 131_072;
const MAX_HELD_BYTES = 8 * 1_048_576;
const MAX_NAMES = 10_000;
const RETRY_SECONDS = "5";

export function createApiServer({ config, routes, sessions, log }: ApiServerParts): ApiServer {
  const monotonicMs = () => performance.now();
  const bodies = createBodyReader(MAX_BODY_BYTES, MAX_HELD_BYTES);
  const requests = createRateLimit(config.requestsPerMinute, MAX_NAMES, monotonicMs);
  const signIns = createRateLimit(config.signInsPerMinute, MAX_NAMES, monotonicMs);
  const strangers = createRateLimit(config.signInsPerMinute, MAX_NAMES, monotonicMs);
  /** Sessions seen lately: their requests are not counted as tries with unknown tokens. */
  const known = new Set<string>();
  const answered: Record<number, number> = {};
  const complain = limitComplaints(({ message }) => {
    log.warn({ event: "api-unavailable", reason: message }, `The private API could not answer: ${message}`);
  }, monotonicMs);

  function welcome(id: string): void {
    known.delete(id);
    known.add(id);
    const oldest = known.values().next();
    if (known.size > MAX_NAMES && oldest.done !== true) known.delete(oldest.value);
  }

  const addressOf = ({ socket }: IncomingMessage) => networkOf(socket.remoteAddress);

  async function sessionOf(request: IncomingMessage): Promise<Session> {
    const token = /^Bearer (\S+)$/u.exec(request.headers.authorization ?? "")?.[1];
    if (token === undefined || !TOKEN.test(token)) throw unauthorized();
    const id = hashToken(token);
    if (!known.has(id) && !strangers.take(addressOf(request))) throw tooMany();
    const session = await sessions.find(token);
    if (session === undefined) {
      known.delete(id);
      throw unauthorized();
    }
    welcome(id);
    if (!requests.take(id)) throw tooMany();
    return session;
  }

  async function bodyOf(request: IncomingMessage, schema: z.ZodType): Promise<unknown> {
    const type = request.headers["content-type"]?.split(";", 1)[0]?.trim().toLowerCase();
    // A page of another origin can send other types without asking first.
    if (type !== "application/json")
      throw refuse(415, "the body is not sent as JSON", "Content-Type: application/json");
    const body = await bodies.read(request);
    if (body === undefined) throw refuse(413, "the body is too large", `at most ${MAX_BODY_BYTES} bytes`);
    let value: unknown;
    try {
      value = JSON.parse(body.toString("utf8"));
    } catch {
      throw refuse(400, "the body is not JSON", "JSON as the API's description says");
    }
    return checked(schema, value);
  }

  async function answer(
    request: IncomingMessage,
    response: ServerResponse,
    url: URL,
    { route, params }: { route: Route; params: Record<string, string> },
  ): Promise<Answer> {
    const { spec, handle } = route;
    if (!spec.session && spec.method === "POST" && !signIns.take(addressOf(request))) throw tooMany();
    const session = spec.session ? await sessionOf(request) : undefined;
    const query = queryOf(url);
    const input = {
      session,
      params: spec.params === undefined ? undefined : checked(spec.params, params),
      query: checked(spec.query ?? none, query),
      body: spec.body === undefined ? undefined : await bodyOf(request, spec.body),
      request,
      response,
    };
    return handle(input as Input<RouteSpec>);
  }

  /** What an error says to the one who asked. */
  function refusalOf(error: unknown): RequestRefusedError {
    if (error instanceof RequestRefusedError) return error;
    const isAway =
      error instanceof BaseError || error instanceof DisagreementError || error instanceof DatabaseUnavailableError;
    if (isAway) {
      complain(new Error(error.message.split("\n", 1)[0]));
      return refuse(503, "the chain or the database cannot be asked now", "another try in some seconds");
    }
    log.error({ event: "api-failed", error: String(error) }, `The private API failed to answer: ${String(error)}`);
    return refuse(500, "the oracle failed", "another try later");
  }

  return {
    welcome,
    answered: () => ({ ...answered }),
    async serve(request, response, url) {
      const found = findRoute(routes(), request.method ?? "GET", url.pathname);
      if (found === undefined) return false;
      let result: Answer;
      try {
        if (found === "other-method") {
          throw refuse(
            405,
            `${request.method ?? "this method"} is not allowed here`,
            "one that the API's description names",
          );
        }
        result = await answer(request, response, url, found);
      } catch (error) {
        const { status, shortMessage, expected } = refusalOf(error);
        result = { status, body: { error: shortMessage, expected } };
      }
      const status = result === "streaming" ? 200 : result.status;
      answered[status] = (answered[status] ?? 0) + 1;
      if (result !== "streaming") send(request, response, result);
      return true;
    },
  };
}

function send(request: IncomingMessage, response: ServerResponse, { status, body }: Exclude<Answer, string>): void {
  if (response.destroyed || response.headersSent) return;
  response.writeHead(status, {
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    ...(body === undefined ? {} : { "content-type": "application/json" }),
    ...(status === 401 ? { "www-authenticate": "Bearer" } : {}),
    ...(status === 429 || status === 503 ? { "retry-after": RETRY_SECONDS } : {}),
    // What was not read of a request must not be taken for the next one.
    ...(request.complete ? {} : { connection: "close" }),
  });
  response.end(body === undefined ? undefined : JSON.stringify(body));
}

const unauthorized = () =>
  refuse(401, "no session, or none any more", "Authorization: Bearer and the token of a sign-in");
const tooMany = () => refuse(429, "too many requests", "fewer in a minute");

/** @throws RequestRefusedError when a name comes twice: which of the two counts would be a guess. */
function queryOf({ searchParams }: URL): Record<string, string> {
  const names = [...searchParams.keys()];
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw refuse(400, `${twice.slice(0, 64)} stands twice in the address`, "each name once");
  return Object.fromEntries(searchParams);
}

function checked(schema: z.ZodType, value: unknown): unknown {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [problem = "the request is not as described"] = explainIssues(schema, value, result.error);
  const [what, expected] = problem.split(/, (?=expected )/u, 2);
  throw refuse(400, what ?? problem, expected?.replace(/^expected /u, "") ?? "what the API's description says");
}
