import { mkdirSync, readFileSync } from "node:fs";

import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";
import { parseDeployment } from "@commonwatt/sdk/deployment";

import { configOption, defineVerb, print } from "../cli/verb.ts";
import { loadConfig } from "../config/load.ts";
import { listKeys } from "../keystore/keystore.ts";
import { lastDaysOnChain } from "./last-days.ts";
import { restoreBackup } from "./restore.ts";
import { datedFolder, removeOld, writeBackup } from "./write-backup.ts";

export const backupVerb = defineVerb({
  usage: "--config FILE --to FOLDER [--dated [--keep N]]",
  options: {
    config: configOption,
    to: { type: "string", value: "FOLDER", about: "a new folder for the backup", required: true },
    dated: { type: "boolean", about: "FOLDER holds many backups, each in a folder named by its time" },
    keep: { type: "string", value: "N", about: "with --dated: remove all but the latest N" },
  },
  details:
    "Everything but keys, from a running oracle or a stopped one. Keep keystore, passphrase and the files with passwords apart from it.",
  async run({ config: configFile, to, dated, keep }) {
    const config = loadConfig(configFile);
    const kept = keep === undefined ? undefined : parseKeep(keep, dated);
    const now = new Date();
    if (dated) mkdirSync(to, { recursive: true, mode: 0o700 });
    const folder = dated ? datedFolder(to, now) : to;
    const { tables, signedDays } = await writeBackup(config, { configFile, to: folder, now });
    const rows = Object.values(tables).reduce((sum, count) => sum + count, 0);
    print(`Backed up to ${folder}: ${rows} rows, ${signedDays ?? 0} signed days. Keys are not in it`);
    if (kept !== undefined) for (const name of removeOld(folder, kept)) print(`Removed the old backup ${name}`);
  },
});

export const restoreVerb = defineVerb({
  usage: "--config FILE --from FOLDER [--offline]",
  options: {
    config: configOption,
    from: { type: "string", value: "FOLDER", about: "the backup", required: true },
    offline: { type: "boolean", about: "do not ask the chain which days were recorded since the backup" },
  },
  details:
    "For a stopped oracle whose dataDir and database are empty; nothing is overwritten. The configuration, the keystore and the passphrase are the operator's to put back.",
  async run({ config: configFile, from, offline }) {
    const config = loadConfig(configFile);
    const deployment = parseDeployment(readFileSync(config.deploymentFile, "utf8"));
    const { manifest, barredDevices } = await restoreBackup(config, {
      from,
      chainId: deployment.chainId,
      neighbourhood: deployment.neighbourhood,
      devices: listKeys(config.keystoreDir).flatMap(({ address }) => address ?? []),
      lastDays: (devices) => (offline ? Promise.resolve(new Map()) : lastDaysOnChain(config, deployment, devices)),
    });
    print(`Restored the backup of ${manifest.createdAt}. Start the oracle with "run"`);
    if (barredDevices > 0) {
      print(
        `Of ${barredDevices} devices the chain has later days than the backup: these are not signed again, the log will call them parked`,
      );
    }
  },
});

function parseKeep(text: string, dated: boolean): number {
  const count = Number(text);
  if (!dated) throw new CommonwattError("--keep is for --dated: without it there is only one backup");
  if (Number.isInteger(count) && count >= 1 && count <= 10_000) return count;
  throw new CommonwattError(`--keep is ${JSON.stringify(text)}, expected a number from 1 to 10000`);
}
