import type { ApiConfig } from "../config/api.ts";
import type { Relay } from "../relay/start-relay.ts";
import type { RelayRow } from "../relay/relay-store.ts";
import type { Hub } from "./hub.ts";
import { instantOf, type MemberMeters } from "./member-meters.ts";
import type { Nonces } from "./nonces.ts";
import { describeApi } from "./openapi.ts";
import { refuse } from "./refusal.ts";
import { bind, type Route } from "./route.ts";
import type { SessionStore } from "./sessions.ts";
import { signIn, type SignInParts } from "./sign-in.ts";
import { specs } from "./specs.ts";
import type { Hex } from "viem";

export type HandlerParts = SignInParts & {
  config: ApiConfig;
  sessions: SessionStore;
  nonces: Nonces;
  members: MemberMeters;
  hub: Hub;
  relay: Relay;
  /** Somebody has signed in: what a session is known by. */
  onSession: (id: string) => void;
};

/** The routes with what does their work. */
export function createRoutes(parts: HandlerParts): Route[] {
  const { config, chainId, sessions, nonces, members, hub, relay } = parts;
  const { domain, uri, statement, idleSeconds } = config;
  const description = describeApi();
  const ok = (body: object) => ({ status: 200, body });
  const gone = { status: 204 };

  return [
    bind(specs.description, () => Promise.resolve(ok(description))),
    bind(specs.nonce, ({ body }) => {
      const { nonce, expiresMs } = nonces.issue(body.wallet);
      const terms = { domain, uri, version: "1", chainId, statement };
      return Promise.resolve(ok({ nonce, expiresAt: instantOf(expiresMs), ...terms }));
    }),
    bind(specs.signIn, async ({ body }) => {
      const { token, session, ended } = await signIn(body, parts);
      for (const id of ended) hub.endSession(id);
      parts.onSession(session.id);
      const { wallet, expiresMs } = session;
      return { status: 201, body: { token, wallet, expiresAt: instantOf(expiresMs), idleSeconds } };
    }),
    bind(specs.session, async ({ session: { wallet, expiresMs } }) =>
      ok({ wallet, expiresAt: instantOf(expiresMs), idleSeconds, sessions: await sessions.countOf(wallet) }),
    ),
    bind(specs.signOut, async ({ session }) => {
      await sessions.end(session.id);
      hub.endSession(session.id);
      return gone;
    }),
    bind(specs.signOutAll, async ({ session }) => {
      for (const id of [session.id, ...(await sessions.endAll(session.wallet))]) hub.endSession(id);
      return gone;
    }),
    bind(specs.meters, async ({ session }) => ok(await members.list(session.wallet))),
    bind(specs.power, async ({ session, params }) => {
      const { config: meter } = await members.own(session.wallet, params.meter);
      return ok(await members.power(meter.meter));
    }),
    bind(specs.intervals, async ({ session, params, query }) => {
      const { config: meter } = await members.own(session.wallet, params.meter);
      return ok(await members.intervals(meter, query.day));
    }),
    bind(specs.uses, async ({ session, params, query }) => {
      const { config: meter } = await members.own(session.wallet, params.meter);
      return ok(await members.uses(meter.meter, query.from, query.to));
    }),
    bind(specs.health, async ({ session, params }) => {
      const { config: meter, facts } = await members.own(session.wallet, params.meter);
      return ok(await members.health(meter.meter, facts));
    }),
    bind(specs.profiles, async ({ session, params, query }) => {
      const { config: meter } = await members.own(session.wallet, params.meter);
      return ok(await members.profiles(meter.meter, query.from, query.to));
    }),
    bind(specs.events, async ({ session, request, response }) => {
      await hub.open(request, response, session);
      return "streaming";
    }),
    bind(specs.relay, async ({ session, body }) => ({
      status: 202,
      body: showAction(await relay.take(body, session.wallet)),
    })),
    bind(specs.relayTerms, async ({ session }) => ok(await relay.terms(session.wallet))),
    bind(specs.relayState, async ({ session, params }) => {
      const row = await relay.find(params.id as Hex, session.wallet);
      if (row === undefined)
        throw refuse(404, `${params.id} is not one of this wallet's actions`, "an id as it was answered");
      return ok(showAction(row));
    }),
  ];
}

function showAction({ id, action, state, reason, transactionHash, transactionState, gas, receivedMs }: RelayRow) {
  const isMined = state === "sent" && transactionState !== undefined && transactionState !== "unmined";
  return {
    id,
    action,
    state: isMined ? "mined" : state,
    reason: reason ?? null,
    transactionHash: transactionHash ?? null,
    gas,
    receivedAt: instantOf(receivedMs),
  };
}
