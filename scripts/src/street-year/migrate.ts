import { execFile } from "node:child_process";
import { copyFile, readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

import { parseDeployment } from "@commonwatt/sdk/deployment";
import { z } from "zod";

import { ROOT } from "../run/folder.ts";
import type { YearScene } from "./scene.ts";

const run = promisify(execFile);
const MIGRATE = join(ROOT, "oracle/test/street-year/migrate.ts");
const TIMEOUT_MS = 1_800_000;
const reportSchema = z.object({ faults: z.array(z.string()), open: z.array(z.string()) });

/**
 * Carries the neighbourhood over to a new contract, with every meter, register and base unit, and goes on with it. The
 * oracle must not be running.
 *
 * @throws Error when the check of the migration finds a contradiction.
 */
export async function migrate(scene: YearScene): Promise<string> {
  const { folder, files, residents } = scene;
  const successor = join(folder, "successor.json");
  const args = [files.config, successor, join(folder, "successor"), String(residents.length)];
  const { stdout } = await run(process.execPath, [MIGRATE, ...args], {
    timeout: TIMEOUT_MS,
    maxBuffer: 2 ** 24,
    cwd: ROOT,
  });
  const { faults, open } = reportSchema.parse(JSON.parse(stdout));
  if (faults.length > 0) throw new Error(`The migration is not sound: ${faults.join(" ")}`);
  scene.deployments.push(parseDeployment(await readFile(successor, "utf8")));
  await copyFile(successor, join(folder, "deployment.json"));
  const left = open.length === 0 ? "" : ` Left to do: ${open.join("; ")}.`;
  return `the neighbourhood went over to a new contract, and every register and base unit was compared.${left}`;
}
