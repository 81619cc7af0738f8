import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";
import { parseDeployment } from "@commonwatt/sdk/deployment";

import type { Config } from "../config/schema.ts";
import { ownVersion } from "../metrics/gather.ts";
import { signerMemoryFile } from "../signature/open-signer.ts";
import { noteBackup } from "./last-backup.ts";
import { type BackupFile, describeFile, type Manifest, MANIFEST } from "./manifest.ts";
import { writeRows } from "./rows.ts";
import { openSnapshot, sqliteSnapshot } from "./source.ts";
import { withoutSecrets } from "./without-secrets.ts";

export type BackupOptions = {
  /** The config file, of which a copy without secrets is kept. */
  configFile: string;
  /** Folder of the backup, which must not exist. */
  to: string;
  now: Date;
};

export const SIGNED = "signed.jsonl.gz";

/**
 * Who is signed in, and the secret that seals sign-ins, stay out: a session that a member has ended must not be good again
 * after a restore. Members sign in anew.
 */
const SIGN_INS: readonly string[] = ["api_secret", "api_nonces", "api_sessions"];

/**
 * Backs up everything but keys, from a running oracle or a stopped one. The folder appears under its name when it is whole.
 *
 * @throws CommonwattError when the folder is there already or something cannot be read; then nothing is left behind.
 */
export async function writeBackup(config: Config, { configFile, to, now }: BackupOptions): Promise<Manifest> {
  const folder = resolve(to);
  if (existsSync(folder)) throw new CommonwattError(`${to} is there already, expected a name for a new folder`);
  const beside = `${folder}.part`;
  rmSync(beside, { recursive: true, force: true });
  mkdirSync(join(beside, "tables"), { recursive: true, mode: 0o700 });
  try {
    const manifest = await fill(config, { configFile, to: beside, now });
    writeFileSync(join(beside, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`, { mode: 0o600 });
    renameSync(beside, folder);
    noteBackup(config.dataDir, now);
    return manifest;
  } catch (error) {
    rmSync(beside, { recursive: true, force: true });
    throw error;
  }
}

async function fill(config: Config, { configFile, to, now }: BackupOptions): Promise<Manifest> {
  const deploymentText = readFileSync(config.deploymentFile, "utf8");
  const { chainId, neighbourhood } = parseDeployment(deploymentText);
  const files: BackupFile[] = [];
  const keep = async (name: string, text: string) => {
    writeFileSync(join(to, name), text, { mode: 0o600 });
    files.push(await describeFile(to, name));
  };
  // Accounts of a demo chain carry their keys.
  const { demo, ...deployment } = JSON.parse(deploymentText) as Record<string, unknown>;
  const note = demo === undefined ? {} : { demo: { accounts: [] } };
  await keep("deployment.json", `${JSON.stringify({ ...deployment, ...note }, null, 2)}\n`);
  await keep(
    "config.json",
    `${JSON.stringify(withoutSecrets(JSON.parse(readFileSync(configFile, "utf8"))), null, 2)}\n`,
  );

  const tables: Record<string, number> = {};
  const snapshot = await openSnapshot(config);
  try {
    for (const table of snapshot.tables.filter((name) => !SIGN_INS.includes(name))) {
      const name = `tables/${table}.jsonl.gz`;
      tables[table] = await writeRows(join(to, name), await snapshot.read(table));
      files.push(await describeFile(to, name));
    }
  } finally {
    await snapshot.close();
  }
  // After the database: whatever is signed there is remembered here.
  const signedDays = await writeSigned(config, to);
  if (signedDays !== null) files.push(await describeFile(to, SIGNED));
  return {
    format: 1,
    createdAt: now.toISOString(),
    oracleVersion: ownVersion(),
    schemaVersion: snapshot.schemaVersion,
    database: config.database.kind,
    chainId,
    neighbourhood,
    tables,
    signedDays,
    files,
  };
}

async function writeSigned(config: Config, to: string): Promise<number | null> {
  const file = signerMemoryFile(config);
  if (config.signer.kind === "remote" || !existsSync(file)) return null;
  const memory = sqliteSnapshot(file);
  try {
    return await writeRows(join(to, SIGNED), await memory.read("signed"));
  } finally {
    await memory.close();
  }
}

const DATED = /^\d{4}-\d{2}-\d{2}T\d{2}-\d{2}-\d{2}\.\d{3}Z$/u;

/** The folder of a backup of this moment, to the millisecond, inside a folder of backups. */
export function datedFolder(inside: string, now: Date): string {
  return join(inside, now.toISOString().replaceAll(":", "-"));
}

/**
 * Removes all but the latest dated backups beside this one.
 *
 * @returns The names of those it removed.
 */
export function removeOld(latest: string, keep: number): string[] {
  const inside = dirname(resolve(latest));
  const old = readdirSync(inside)
    .filter((name) => DATED.test(name) && existsSync(join(inside, name, MANIFEST)))
    .sort()
    .slice(0, -keep);
  for (const name of old) rmSync(join(inside, name), { recursive: true });
  return old;
}
