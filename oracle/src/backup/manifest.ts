import { createHash } from "node:crypto";
import { createReadStream, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";
import { z } from "zod";

export const MANIFEST = "manifest.json";

const fileSchema = z.strictObject({
  /** Relative to the backup's folder: one name, or tables/name. */
  name: z.string().regex(/^(?:tables\/)?[a-z][a-z0-9_.-]*$/u),
  bytes: z.int().min(0),
  sha256: z.string().regex(/^[0-9a-f]{64}$/u),
});

const manifestSchema = z.strictObject({
  format: z.literal(1),
  createdAt: z.iso.datetime(),
  oracleVersion: z.string(),
  schemaVersion: z.int().min(2),
  database: z.enum(["sqlite", "postgres"]),
  chainId: z.int(),
  neighbourhood: z.string(),
  /** Rows of each table of the database. */
  tables: z.record(z.string().regex(/^[a-z][a-z0-9_]*$/u), z.int().min(0)),
  /** Days that the signer beside the oracle had signed; null where the signer is on another machine. */
  signedDays: z.int().min(0).nullable(),
  files: z.array(fileSchema).max(1_000),
});

/** What a backup holds, with a checksum of each file: written last, so that a folder without it is no backup. */
export type Manifest = z.infer<typeof manifestSchema>;
export type BackupFile = Manifest["files"][number];

/** Size and checksum of a file of the backup. */
export async function describeFile(folder: string, name: string): Promise<BackupFile> {
  const hash = createHash("sha256");
  const file = join(folder, name);
  for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) hash.update(chunk);
  return { name, bytes: statSync(file).size, sha256: hash.digest("hex") };
}

/**
 * Reads a backup's manifest and compares every file with it.
 *
 * @throws CommonwattError naming what is missing, changed or of another version.
 */
export async function checkBackup(folder: string): Promise<Manifest> {
  let text: string;
  try {
    text = readFileSync(join(folder, MANIFEST), "utf8");
  } catch (error) {
    throw new CommonwattError(`${folder} is no backup: it has no ${MANIFEST}`, {
      details: String(error),
      cause: error,
    });
  }
  const parsed = manifestSchema.safeParse(parseJson(text));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new CommonwattError(
      `${join(folder, MANIFEST)} cannot be used: ${issue?.path.join(".") ?? ""} ${issue?.message ?? ""}; expected a manifest of format 1`,
    );
  }
  for (const expected of parsed.data.files) {
    const found = await describeFile(folder, expected.name).catch(() => undefined);
    if (found === undefined)
      throw new CommonwattError(`The backup ${folder} is not whole: ${expected.name} is missing`);
    if (found.bytes !== expected.bytes || found.sha256 !== expected.sha256) {
      throw new CommonwattError(
        `The backup ${folder} was changed or damaged: ${expected.name} has the checksum ${found.sha256}, expected ${expected.sha256}`,
      );
    }
  }
  return parsed.data;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
