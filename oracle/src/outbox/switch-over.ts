import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";
import type { Deployment } from "@commonwatt/sdk/deployment";
import { type Day, isoDay } from "@commonwatt/sdk/time";
import type { Logger } from "pino";
import type { Address } from "viem";

import type { Recorder } from "../chain/recorder.ts";
import type { Database, Sql } from "../storage/sql.ts";

const SELECT_CURRENT = "SELECT chain_id, neighbourhood FROM neighbourhoods WHERE left_as_row IS NULL";
const SELECT_LEFT =
  "SELECT neighbourhood FROM neighbourhoods WHERE left_as_row IS NOT NULL AND neighbourhood = ? AND chain_id = ?";
const ENTER = "INSERT INTO neighbourhoods (chain_id, neighbourhood) VALUES (?, ?)";
const LEAVE = "UPDATE neighbourhoods SET left_as_row = (SELECT count(*) FROM neighbourhoods) WHERE left_as_row IS NULL";
const SELECT_UNFINISHED = `
  SELECT meter, day, device FROM outbox WHERE state IN ('signed', 'sent') ORDER BY day, meter`;
const KEEP_PAST = `
  INSERT INTO outbox_past (chain_id, neighbourhood, meter, day, import_register, export_register, quality, intervals,
    route, state, device, signature, transaction_hash, reason)
  SELECT ?, ?, meter, day, import_register, export_register, quality, intervals,
    route, state, device, signature, transaction_hash, reason FROM outbox WHERE state <> 'closed'`;
const CLEAR_OUTBOX = "DELETE FROM outbox WHERE state <> 'closed'";
const CLEAR_OFFERS = "DELETE FROM offers";

export type SwitchOverParts = {
  database: Database;
  deployment: Pick<Deployment, "chainId" | "neighbourhood">;
  /** Of the deployment. */
  recorder: Pick<Recorder, "device">;
  /**
   * Where several processes share the database: how many have it besides this one. Asked inside a transaction, until whose end
   * none of them learns which neighbourhood it is of.
   */
  others?: ((sql: Sql) => Promise<number>) | undefined;
  log: Logger;
};

/**
 * Makes the database that of the deployment's neighbourhood. After a migration to a new contract, what was signed for the
 * one before is put by: it is good for that contract only. Registers and open days go on. Offers are for the old
 * marketplace, and are shown no more.
 *
 * @throws CommonwattError when the database has moved on from this neighbourhood to another, holds profiles that wait for
 *   another contract whose meters were not moved here, or other processes would go on with that contract.
 */
export async function switchOver(parts: SwitchOverParts): Promise<void> {
  const { database, deployment, recorder, others, log } = parts;
  const { chainId } = deployment;
  const neighbourhood = deployment.neighbourhood.toLowerCase();
  const next = { chainId, neighbourhood };
  const before = await database.transaction(async (sql) => {
    await others?.(sql);
    const current = await currentPlace(sql);
    if (current === undefined) await sql.run(ENTER, chainId, neighbourhood);
    return current ?? next;
  });
  if (isSame(before, next)) return;
  if ((await database.get(SELECT_LEFT, neighbourhood, chainId)) !== undefined) {
    throw new CommonwattError(
      `The database has moved on from the neighbourhood ${neighbourhood} to ${before.neighbourhood}, expected that one in the deployment file`,
    );
  }
  await requireMoved(database, recorder, before.neighbourhood);
  await database.transaction(async (sql) => {
    // One that goes on signing for the contract before would spoil what is closed from now on.
    if (((await others?.(sql)) ?? 0) > 0) {
      throw new CommonwattError(
        `The database goes over from the neighbourhood ${before.neighbourhood} to ${neighbourhood}, and other oracle processes have it open: stop all oracle processes of this database, give each the new deployment file, and start one of them before the others`,
      );
    }
    await leave(sql, before, next);
  });
  log.info(
    { event: "contract-changed", from: before.neighbourhood, to: neighbourhood },
    `The database goes over from the neighbourhood ${before.neighbourhood} to ${neighbourhood}: registers go on, what was signed for the old one is put by`,
  );
}

type Place = { chainId: number; neighbourhood: string };

const isSame = (a: Place, b: Place) => a.neighbourhood === b.neighbourhood && a.chainId === b.chainId;

async function currentPlace(sql: Sql): Promise<Place | undefined> {
  const row = await sql.get(SELECT_CURRENT);
  return row && { chainId: Number(row["chain_id"]), neighbourhood: String(row["neighbourhood"]) };
}

async function leave(sql: Sql, before: Place, next: Place): Promise<void> {
  await sql.run(KEEP_PAST, before.chainId, before.neighbourhood);
  await sql.run(CLEAR_OUTBOX);
  await sql.run(CLEAR_OFFERS);
  await sql.run(LEAVE);
  await sql.run(ENTER, next.chainId, next.neighbourhood);
}

/** A profile that is not on chain is given up only where its meter is really gone from the old contract. */
async function requireMoved(sql: Sql, recorder: Pick<Recorder, "device">, before: string): Promise<void> {
  for (const row of await sql.all(SELECT_UNFINISHED)) {
    const { meter } = await recorder.device(row["device"] as Address);
    if (meter === Number(row["meter"])) continue;
    throw new CommonwattError(
      `The profile of meter ${Number(row["meter"])} of ${isoDay(Number(row["day"]) as Day)} waits for the neighbourhood ${before}, and the meter's device is not in the one of the deployment file. Expected the deployment file from before, or the meter moved with "migrate move"`,
    );
  }
}
