import { existsSync } from "node:fs";
import { basename, dirname, join } from "node:path";

import { UserError } from "../errors.ts";
import { forEachLine } from "../households/lines.ts";

/** `street_hourly.csv.gz` has `street_meta.csv` beside it. */
export function metaBeside(data: string): string | undefined {
  const name = basename(data).replace(/(_[^_]*)?\.csv(\.gz)?$/u, "");
  const path = join(dirname(data), `${name}_meta.csv`);
  return existsSync(path) ? path : undefined;
}

/**
 * The households that a file of descriptions marks `ok`.
 *
 * @param path - CSV with the columns `household` and `quality`.
 * @throws UserError when a column is missing, or no household is ok.
 */
export async function homesOfQualityOk(path: string): Promise<string[]> {
  let columns: { household: number; quality: number } | undefined;
  const homes: string[] = [];
  await forEachLine(path, (line) => {
    const fields = line.split(",");
    if (columns === undefined) {
      columns = { household: fields.indexOf("household"), quality: fields.indexOf("quality") };
      if (columns.household >= 0 && columns.quality >= 0) return;
      throw new UserError(`${path} has the columns ${line}, expected household and quality among them.`);
    }
    const name = fields[columns.household];
    if (name !== undefined && fields[columns.quality] === "ok") homes.push(name);
  });
  if (homes.length === 0) throw new UserError(`${path} has no household of quality "ok".`);
  return homes;
}
