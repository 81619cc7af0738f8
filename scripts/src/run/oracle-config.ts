import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import type { Resident } from "./homes.ts";

/** First level of the meters' MQTT topics. */
export const BASE_TOPIC = "emon";

/** The system chooses a free port, and the oracle logs it: nobody can take it in between. */
const ANY_PORT = 0;

export type OracleSettings = {
  readonly rpcUrl: string;
  readonly deploymentFile: string;
  /** Most power of any home's connection, W. */
  readonly fuseWatts: number;
  /** Pause between the oracle's looks at the clock. */
  readonly pollMilliseconds: number;
};

/**
 * Seconds after a day's end from which the oracle closes it even if a meter has fallen silent. The days of a replay
 * are published after their end, so this is also the time the meters have for it.
 */
export const GRACE_SECONDS = 3_600;

/** Files of the oracle in a run's folder. */
export type OracleFiles = { readonly config: string; readonly keystore: string; readonly passphrase: string };

/** Writes config and passphrase of the run's oracle. */
export async function writeOracleConfig(
  folder: string,
  residents: readonly Resident[],
  settings: OracleSettings,
): Promise<OracleFiles> {
  const files = {
    config: join(folder, "oracle.json"),
    keystore: join(folder, "keystore"),
    passphrase: join(folder, "passphrase"),
  };
  const config = {
    broker: { kind: "embedded", host: "127.0.0.1", port: ANY_PORT },
    baseTopic: BASE_TOPIC,
    dataDir: join(folder, "oracle"),
    keystoreDir: files.keystore,
    passphraseFile: files.passphrase,
    // The keys of a run live as long as its folder.
    keystoreStrength: "light",
    deploymentFile: settings.deploymentFile,
    rpcUrls: [settings.rpcUrl],
    clock: "chain",
    timing: {
      graceSeconds: GRACE_SECONDS,
      // Between two looks at the clock, simulated time runs ahead.
      futureToleranceSeconds: 3_600,
      pollMilliseconds: settings.pollMilliseconds,
    },
    submission: { retrySeconds: 1 },
    meters: residents.map(({ meter, node }) => ({
      meter,
      node: node.node,
      fuseWatts: settings.fuseWatts,
      inputs: [
        { input: "E1", meaning: "netWh" },
        ...(node.hasGeneration ? [{ input: "E2", meaning: "generationWh" }] : []),
      ],
    })),
    board: { host: "127.0.0.1", port: ANY_PORT },
  };
  await writeFile(files.config, `${JSON.stringify(config, undefined, 2)}\n`);
  await writeFile(files.passphrase, `${randomBytes(16).toString("hex")}\n`, { mode: 0o600 });
  return files;
}
