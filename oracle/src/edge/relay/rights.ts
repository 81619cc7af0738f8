import type { EdgeConfig } from "../../config/edge.ts";
import { isEdgeTopic, parseEdgeTopic, receiptsFilter, type Street } from "../topics.ts";

/** What the users of the embedded broker may do on the topics between gateways and the relay. */
export type EdgeRights = {
  /** Whether a client may publish on a topic. A gateway's user publishes signed days of its meters and nothing else. */
  mayPublish(user: string | undefined, topic: string): boolean;
  /** Whether a client may subscribe: to the receipts of its meters. */
  maySubscribe(user: string | undefined, filter: string): boolean;
};

/** The rights where no meter signs for itself: nobody has any business on those topics. */
export const NO_EDGE_RIGHTS: EdgeRights = {
  mayPublish: (_user, topic) => !isEdgeTopic(topic),
  maySubscribe: () => false,
};

/** @param meters - With their users, where the broker has users; without, anyone who reaches the broker may. */
export function createEdgeRights(street: Street, meters: EdgeConfig["meters"]): EdgeRights {
  const userOf = new Map(meters.map(({ meter, user }) => [meter, user]));
  const gateways = new Set(meters.map(({ user }) => user).filter((user) => user !== undefined));
  return {
    mayPublish(user, topic) {
      if (!isEdgeTopic(topic)) return user === undefined || !gateways.has(user);
      const named = parseEdgeTopic(street, topic);
      return named?.kind === "profiles" && userOf.has(named.meter) && userOf.get(named.meter) === user;
    },
    maySubscribe: (user, filter) =>
      meters.some((entry) => entry.user === user && receiptsFilter(street, entry.meter) === filter),
  };
}
