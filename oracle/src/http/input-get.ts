import type { Sender } from "./key-ring.ts";
import { cleanNode, DEFAULT_NODE } from "./names.ts";
import type { Params } from "./params.ts";
import type { Reply } from "./reply.ts";
import type { Route } from "./route.ts";

/** When each input of a node was last read, unix milliseconds; empty for a node without readings. */
export type LastReading = (node: string) => Promise<ReadonlyMap<string, number>>;

/**
 * Answers `input/get?node=`: an IoTaWatt asks for it when it starts, and goes on from the latest time in it. A key may write
 * more than its owner may read, so the values themselves are left out.
 */
export async function lastTimes(
  route: Route,
  params: Params,
  sender: Sender,
  { lastReading }: { lastReading: LastReading },
): Promise<Reply> {
  const named = params.get("node");
  const node = route.node ?? (named === undefined ? (sender.node ?? DEFAULT_NODE) : cleanNode(named));
  const times = sender.node === undefined || sender.node === node ? await lastReading(node) : new Map<string, number>();
  if (times.size === 0) return json("Node does not exist");
  return json(
    Object.fromEntries(
      [...times].map(([input, timeMs]) => [input, { time: Math.floor(timeMs / 1000), value: null, processList: "" }]),
    ),
  );
}

function json(value: unknown): Reply {
  return { status: 200, body: JSON.stringify(value), contentType: "application/json" };
}
