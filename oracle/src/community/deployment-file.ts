import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";

import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";
import { type Deployment, parseDeployment } from "@commonwatt/sdk/deployment";

/**
 * Reads a deployment file.
 *
 * @throws CommonwattError naming the file and what is wrong.
 */
export function readDeploymentFile(file: string): Deployment {
  try {
    return parseDeployment(readFileSync(file, "utf8"));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CommonwattError(`The deployment file ${file} cannot be used: ${reason}`, { cause: error });
  }
}

/**
 * Writes a deployment file, whole or not at all.
 *
 * @throws CommonwattError when there is one of another neighbourhood: it is never overwritten.
 */
export function writeDeploymentFile(file: string, deployment: Deployment): void {
  if (existsSync(file)) {
    const { name, neighbourhood } = readDeploymentFile(file);
    if (neighbourhood.toLowerCase() !== deployment.neighbourhood.toLowerCase()) {
      throw new CommonwattError(
        `${file} is that of ${name} at ${neighbourhood}, expected no file or that of ${deployment.neighbourhood}: move it away, or name another`,
      );
    }
  }
  writeFileSync(`${file}.new`, `${JSON.stringify(deployment, undefined, 2)}\n`);
  renameSync(`${file}.new`, file);
}
