import { renameSync, rmSync } from "node:fs";
import { join } from "node:path";

import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";
import type { Address } from "viem";

import type { Config } from "../config/schema.ts";
import { signerMemoryFile } from "../signature/open-signer.ts";
import { openSignerMemory, type SignerMemory } from "../signer/memory.ts";
import { MIGRATIONS } from "../storage/migrations.ts";
import type { SqlValue } from "../storage/sql.ts";
import { checkBackup, type Manifest } from "./manifest.ts";
import { readRows } from "./rows.ts";
import { openTarget, refuseExisting, type Target } from "./target.ts";
import { SIGNED } from "./write-backup.ts";

export type RestoreOptions = {
  from: string;
  /** What the config's own deployment says: a backup of another neighbourhood is refused. */
  chainId: number;
  neighbourhood: string;
  /** Devices whose keys the operator has, besides those of the backup. */
  devices: readonly Address[];
  /**
   * The last day of each device that is on chain, as a day number; undefined for one that has none. Asked for the devices
   * of the backup before anything is written.
   */
  lastDays: (devices: readonly Address[]) => Promise<ReadonlyMap<Address, number>>;
};

export type Restored = {
  manifest: Manifest;
  /** Devices of which the chain has later days than the backup. */
  barredDevices: number;
};

/**
 * A meter without a closed day takes over the registers it has on chain, as after a lost database: with what the backup has of
 * those very days, their energy would count twice. The backup's own registers and readings go on from one another.
 */
const KEEP_OWN_REGISTERS = `
  UPDATE meters SET closed_day = (SELECT min(day) - 1 FROM open_days WHERE open_days.meter = meters.meter)
  WHERE closed_day < 0 AND EXISTS (SELECT 1 FROM open_days WHERE open_days.meter = meters.meter)`;

/** Days of one device that are barred at most: ten years. */
const MOST_BARRED = 3_660;
/** Messages that are older are refused, see the bounds of timing.pastToleranceSeconds. */
const PAST_DAYS = 32;

/**
 * Restores a backup into the empty data folder and the empty database of a config, of the same kind or the other. Days that
 * are on chain and not in the backup are barred from being signed again: the signer that is lost has signed them.
 *
 * @throws CommonwattError when the backup is damaged, of a newer oracle or another neighbourhood, or the target is not empty;
 * then nothing is changed.
 */
export async function restoreBackup(
  config: Pick<Config, "dataDir" | "database" | "signer">,
  options: RestoreOptions,
): Promise<Restored> {
  const { from } = options;
  const manifest = await checkBackup(from);
  refuseOthers(manifest, options);
  const memoryFile = signerMemoryFile(config);
  const hasSigned = manifest.signedDays !== null && config.signer.kind !== "remote";
  if (hasSigned) refuseExisting(memoryFile);
  const signed = manifest.signedDays === null ? [] : await readSigned(join(from, SIGNED));
  const devices = [...signed, ...options.devices.map((device) => ({ device }))].map(({ device }) => lower(device));
  const onChain = await options.lastDays([...new Set(devices)]);

  const target = await openTarget(config, manifest.schemaVersion);
  try {
    for (const table of Object.keys(manifest.tables)) await restoreTable(target, table, from, manifest);
    const barredDevices = hasSigned ? writeSigned(memoryFile, signed, onChain) : 0;
    if (barredDevices > 0) await target.run(KEEP_OWN_REGISTERS);
    await target.finish();
    return { manifest, barredDevices };
  } catch (error) {
    // It was not there before.
    if (hasSigned) rmSync(memoryFile, { force: true });
    throw error;
  } finally {
    await target.close();
  }
}

function refuseOthers({ schemaVersion, chainId, neighbourhood }: Manifest, options: RestoreOptions): void {
  if (schemaVersion > MIGRATIONS.length) {
    throw new CommonwattError(
      `The backup has schema version ${schemaVersion}, expected at most ${MIGRATIONS.length}: a newer oracle made it, restore it with that one`,
    );
  }
  if (chainId !== options.chainId || neighbourhood.toLowerCase() !== options.neighbourhood.toLowerCase()) {
    throw new CommonwattError(
      `The backup is of the neighbourhood ${neighbourhood} on chain ${chainId}, expected ${options.neighbourhood} on chain ${options.chainId}, as in the deployment file`,
    );
  }
}

/** Columns and tables that only the other kind of database has (how several processes share one) are left out. */
async function restoreTable(target: Target, table: string, from: string, manifest: Manifest): Promise<void> {
  const expected = manifest.tables[table] ?? 0;
  const known = target.columns.get(table);
  if (known === undefined) {
    if (table === "shared_inbox" && expected > 0) {
      throw new CommonwattError(
        `The backup was taken from several processes on one PostgreSQL, with ${expected} messages that they share: restore it into PostgreSQL`,
      );
    }
    return;
  }
  // What the schema's steps put in comes from the backup; of a table that the backup has not, it stays.
  await target.run(`DELETE FROM "${table}"`);
  const { columns, parts } = await readRows(join(from, "tables", `${table}.jsonl.gz`));
  const kept = columns.flatMap((name, index) => (known.includes(name) ? [index] : []));
  let count = 0;
  for await (const rows of parts) {
    count += rows.length;
    await target.insert(
      table,
      kept.map((index) => columns[index] ?? ""),
      rows.map((row) => kept.map((index): SqlValue => row[index] ?? null)),
    );
  }
  if (count !== expected) {
    throw new CommonwattError(
      `The backup's table ${table} has ${count} rows, expected ${expected}, as in its manifest`,
    );
  }
}

const lower = (device: Address) => device.toLowerCase() as Address;

type Signed = { device: Address; day: number; hash: `0x${string}` };

async function readSigned(file: string): Promise<Signed[]> {
  const { columns, parts } = await readRows(file);
  const at = (name: string) => columns.indexOf(name);
  const found: Signed[] = [];
  for await (const rows of parts) {
    for (const row of rows) {
      found.push({
        device: row[at("device")] as Address,
        day: Number(row[at("day")]),
        hash: row[at("hash")] as Signed["hash"],
      });
    }
  }
  return found;
}

/** Of what the lost signer signed nothing is known but that it was another profile than any that comes now. */
const BARRED = "0x";

function writeSigned(file: string, signed: readonly Signed[], onChain: ReadonlyMap<Address, number>): number {
  const beside = `${file}.restoring`;
  rmSync(beside, { force: true });
  const memory: SignerMemory = openSignerMemory(beside);
  const last = new Map<Address, number>();
  let barred = 0;
  try {
    for (const { device, day, hash } of signed) {
      memory.remember(device, day, hash);
      last.set(lower(device), Math.max(last.get(lower(device)) ?? 0, day));
    }
    for (const [device, until] of onChain) {
      // Of one that had signed nothing in the backup, whatever messages of the past could still make a day of.
      const from = Math.max((last.get(lower(device)) ?? until - PAST_DAYS) + 1, until - MOST_BARRED);
      if (from <= until) barred++;
      for (let day = from; day <= until; day++) memory.remember(device, day, BARRED);
    }
  } finally {
    memory.close();
  }
  renameSync(beside, file);
  return barred;
}
