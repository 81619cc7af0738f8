import { readFileSync } from "node:fs";

import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";

import type { Config } from "../config/schema.ts";
import type { Report } from "./report.ts";

/** No oracle answers where the config says that it is supervised. */
export class NotRunningError extends CommonwattError {
  override readonly name = "NotRunningError";
}

const TIMEOUT_MS = 15_000;
const MAX_BYTES = 1_000_000;

/**
 * Asks the running oracle how it stands.
 *
 * @throws NotRunningError when none answers; CommonwattError when the config has no section `admin`, or another oracle answers.
 */
export async function askReport({ admin, deploymentFile }: Pick<Config, "admin" | "deploymentFile">): Promise<Report> {
  if (admin === undefined) {
    throw new CommonwattError(
      'The configuration has no section "admin", so the oracle cannot be asked: add "admin": {} and restart it',
    );
  }
  const host = admin.host === "0.0.0.0" || admin.host === "::" ? "127.0.0.1" : admin.host;
  const url = `http://${host.includes(":") ? `[${host}]` : host}:${admin.port}/status`;
  const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) }).catch((error: unknown) => {
    throw new NotRunningError(
      `No oracle answers at ${url}: it is not running, or was started with another configuration. Start it with "run"`,
      { details: String(error), cause: error },
    );
  });
  const text = await response.text();
  if (text.length > MAX_BYTES)
    throw new CommonwattError(`${url} answered with ${text.length} bytes: that is no oracle`);
  if (response.status === 503) throw new NotRunningError(`The oracle at ${url} runs, and is stuck: ${text.trim()}`);
  const report = response.ok ? (JSON.parse(text) as Report) : undefined;
  if (report === undefined)
    throw new NotRunningError(`${url} answered with status ${response.status}: that is no oracle`);
  const own = neighbourhoodOf(deploymentFile);
  if (own !== undefined && report.neighbourhood !== own) {
    throw new CommonwattError(
      `The oracle at ${url} works for the neighbourhood ${report.neighbourhood}, expected ${own}, as in ${deploymentFile}`,
    );
  }
  return report;
}

function neighbourhoodOf(file: string): string | undefined {
  try {
    return (JSON.parse(readFileSync(file, "utf8")) as { neighbourhood?: string }).neighbourhood;
  } catch {
    return undefined;
  }
}
