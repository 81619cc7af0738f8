import type { Config } from "../../config/schema.ts";
import type { MessageHandler } from "../../sources/message.ts";
import { profilesFilter } from "../topics.ts";
import { createEdgeRights, type EdgeRights, NO_EDGE_RIGHTS } from "./rights.ts";
import { type EdgeRelayParts, type EdgeReport, startEdgeRelay } from "./start-relay.ts";

/** The relay as the config asks for it, or one that does nothing. */
export type OpenEdgeRelay = {
  before(handle: MessageHandler): MessageHandler;
  /** What an external broker is to be asked for besides the meters' topics. */
  topics: readonly string[];
  /** What users of the embedded broker may. */
  rights: EdgeRights;
  /** Undefined where no meter signs for itself. */
  report(): EdgeReport | undefined;
};

export function openEdgeRelay({ edge }: Config, parts: Omit<EdgeRelayParts, "config">): OpenEdgeRelay {
  if (edge === undefined) {
    return { before: (handle) => handle, topics: [], rights: NO_EDGE_RIGHTS, report: () => undefined };
  }
  const { chainId, neighbourhood } = parts.deployment;
  const street = { chainId, neighbourhood };
  const relay = startEdgeRelay({ ...parts, config: edge });
  return {
    before: relay.before,
    topics: [profilesFilter(street)],
    rights: createEdgeRights(street, edge.meters),
    report: relay.report,
  };
}
