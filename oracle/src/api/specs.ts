import { relayAnswer, relayRequest, relayTermsAnswer } from "../relay/schemas.ts";
import type { RouteSpec } from "./route.ts";
import { hash } from "./schemas.ts";
import * as schemas from "./schemas.ts";
import { z } from "zod";

const PREFIX = "/api";
const ok = (description: string, schema: z.ZodType) => ({ 200: { description, schema } });

/** Every route of the private API. */
export const specs = {
  nonce: {
    id: "nonce",
    method: "POST",
    path: `${PREFIX}/session/nonce`,
    summary: "Begin to sign in: what the wallet is to sign",
    session: false,
    body: schemas.nonceRequest,
    answers: ok("A nonce of this wallet, good once and for a short time", schemas.nonceAnswer),
  },
  signIn: {
    id: "signIn",
    method: "POST",
    path: `${PREFIX}/session`,
    summary: "Sign in with the signed message",
    session: false,
    body: schemas.signInRequest,
    answers: {
      201: { description: "A session", schema: schemas.signInAnswer },
      401: { description: "The signature or the nonce is not good", schema: schemas.refusalSchema },
      403: { description: "The wallet is no member of the neighbourhood", schema: schemas.refusalSchema },
    },
  },
  session: {
    id: "session",
    method: "GET",
    path: `${PREFIX}/session`,
    summary: "Who is signed in",
    session: true,
    answers: ok("The session", schemas.sessionAnswer),
  },
  signOut: {
    id: "signOut",
    method: "DELETE",
    path: `${PREFIX}/session`,
    summary: "Sign out: the session and its streams end",
    session: true,
    answers: { 204: { description: "It has ended" } },
  },
  signOutAll: {
    id: "signOutAll",
    method: "DELETE",
    path: `${PREFIX}/sessions`,
    summary: "Sign out everywhere: all sessions of the wallet end",
    session: true,
    answers: { 204: { description: "They have ended" } },
  },
  meters: {
    id: "meters",
    method: "GET",
    path: `${PREFIX}/meters`,
    summary: "The wallet's own meters",
    session: true,
    answers: ok("Those that this oracle reads", schemas.metersAnswer),
  },
  power: {
    id: "power",
    method: "GET",
    path: `${PREFIX}/meters/{meter}/power`,
    summary: "Live power",
    session: true,
    params: schemas.meterParam,
    answers: ok("Net power at the connection", schemas.powerSchema),
  },
  intervals: {
    id: "intervals",
    method: "GET",
    path: `${PREFIX}/meters/{meter}/intervals`,
    summary: "Quarter-hours of a day, today's as they run",
    session: true,
    params: schemas.meterParam,
    query: schemas.dayQuery,
    answers: ok("The day so far, or as it was closed", schemas.intervalsAnswer),
  },
  uses: {
    id: "uses",
    method: "GET",
    path: `${PREFIX}/meters/{meter}/uses`,
    summary: "Energy by use and day",
    session: true,
    params: schemas.meterParam,
    query: schemas.daysQuery,
    answers: ok("Days on which something was used", schemas.usesAnswer),
  },
  health: {
    id: "health",
    method: "GET",
    path: `${PREFIX}/meters/{meter}/health`,
    summary: "How the meter and its device are",
    session: true,
    params: schemas.meterParam,
    answers: ok("Readings, gaps, disagreement, custody", schemas.healthAnswer),
  },
  profiles: {
    id: "profiles",
    method: "GET",
    path: `${PREFIX}/meters/{meter}/profiles`,
    summary: "The way of each day's profile to the chain",
    session: true,
    params: schemas.meterParam,
    query: schemas.daysQuery,
    answers: ok("Days that are closed", schemas.profilesAnswer),
  },
  events: {
    id: "events",
    method: "GET",
    path: `${PREFIX}/events`,
    summary:
      "One stream of server-sent events of all the wallet's meters: power, interval, day; `reset` before a whole state",
    session: true,
    answers: { 200: { description: "text/event-stream; goes on after Last-Event-ID where it can", stream: true } },
  },
  relay: {
    id: "relay",
    method: "POST",
    path: `${PREFIX}/relay`,
    summary: "Have a signed action of the wallet sent",
    session: true,
    body: relayRequest,
    answers: {
      202: { description: "It is queued, or was before: the same action is sent once", schema: relayAnswer },
      409: { description: "Another action goes first, or its number is used", schema: schemas.refusalSchema },
      422: {
        description: "The contract would refuse it: nothing was sent, nothing counted",
        schema: schemas.refusalSchema,
      },
    },
  },
  relayState: {
    id: "relayState",
    method: "GET",
    path: `${PREFIX}/relay/{id}`,
    summary: "What became of a relayed action",
    session: true,
    params: z.strictObject({ id: hash.describe("As it was answered") }),
    answers: ok("Its state", relayAnswer),
  },
  relayTerms: {
    id: "relayTerms",
    method: "GET",
    path: `${PREFIX}/relay`,
    summary: "Whether actions are relayed, within which limits, and what is left of them today",
    session: true,
    answers: ok("The terms", relayTermsAnswer),
  },
  description: {
    id: "description",
    method: "GET",
    path: `${PREFIX}/openapi.json`,
    summary: "This description",
    session: false,
    answers: { 200: { description: "OpenAPI 3.1", schema: z.looseObject({ openapi: z.literal("3.1.0") }) } },
  },
} as const satisfies Record<string, RouteSpec>;
