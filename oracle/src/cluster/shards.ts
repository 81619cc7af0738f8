import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";

import type { MeterConfig } from "../config/schema.ts";
import type { Sql } from "../storage/sql.ts";

/** Parts that the nodes, and with them the meters, of a neighbourhood are divided into. Never changed: rows carry it. */
export const SHARDS = 64;
/** Sessions that the cluster has with the broker, whoever holds them. Never changed: a session keeps its share of messages. */
export const SEATS = 8;

/**
 * The shard of a node, and of every meter that reads from it: the messages of a node are worked through by one process.
 * A hash of the name alone, so that a config with more meters moves none.
 */
export function shardOf(node: string): number {
  // FNV-1a, 32 bits: every message asks.
  let hash = 0x811c_9dc5;
  for (let index = 0; index < node.length; index++) hash = Math.imul(hash ^ node.charCodeAt(index), 0x0100_0193);
  return (hash >>> 16) % SHARDS;
}

/** Shards as the bits of a parameter, for `get_bit`. */
export function maskOf(shards: Iterable<number>): Uint8Array {
  const mask = new Uint8Array(SHARDS / 8);
  for (const shard of shards) mask[shard >> 3] = (mask[shard >> 3] ?? 0) | (1 << (shard & 7));
  return mask;
}

const KNOWN = "SELECT meter, shard FROM meters WHERE shard IS NOT NULL";
const ASSIGN = "UPDATE meters SET shard = ? WHERE meter = ? AND shard IS DISTINCT FROM ?";

/**
 * Notes the shard of each meter. Inside a transaction, once the meters are in the database.
 *
 * @param isAlone - No other process is running.
 * @throws CommonwattError when a meter has changed its node, and with it its shard, while others go by the old one.
 */
export async function assignShards(sql: Sql, meters: readonly MeterConfig[], isAlone: boolean): Promise<void> {
  const known = new Map((await sql.all(KNOWN)).map((row) => [Number(row["meter"]), Number(row["shard"])]));
  for (const { meter, node } of meters) {
    const [before, shard] = [known.get(meter), shardOf(node)];
    if (before === shard) continue;
    if (before !== undefined && !isAlone) {
      throw new CommonwattError(
        `Meter ${meter} reads from node ${JSON.stringify(node)} now, and other oracle processes of this database still go by another node: stop all of them to change a meter's node`,
      );
    }
    await sql.run(ASSIGN, shard, meter, shard);
  }
}
