import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";

import { parseDeployment } from "@commonwatt/sdk/deployment";
import { neighbourhoodDomain } from "@commonwatt/sdk/domains";

import { listMeterKeys, openKey, readAddress } from "../keystore/keystore.ts";
import { readSecret } from "../keystore/passphrase.ts";
import { createKeySigner } from "./key-signer.ts";
import { openSignerMemory } from "./memory.ts";
import { serveSigner } from "./serve.ts";

// Ctrl-C reaches the whole process group; the oracle ends the signer itself by closing its input, when its work is done.
process.on("SIGINT", () => undefined);

const { values } = parseArgs({
  options: {
    keystore: { type: "string" },
    "passphrase-file": { type: "string" },
    deployment: { type: "string" },
    memory: { type: "string" },
  },
});
const { keystore, "passphrase-file": passphraseFile, deployment: deploymentFile, memory: memoryFile } = values;

try {
  if (!keystore || !passphraseFile || !deploymentFile || !memoryFile) {
    throw new Error("usage: signer --keystore FOLDER --passphrase-file FILE --deployment FILE --memory FILE");
  }
  const passphrase = readSecret("passphrase", passphraseFile);
  const deployment = parseDeployment(readFileSync(deploymentFile, "utf8"));
  const keys = listMeterKeys(keystore).map((meter) => ({
    meter,
    address: readAddress(keystore, { meter }),
    open: async () => (await openKey(keystore, { meter }, passphrase)).privateKey,
  }));
  const memory = openSignerMemory(memoryFile);
  await serveSigner(createKeySigner(keys, neighbourhoodDomain(deployment), memory), process.stdin, process.stdout);
  memory.close();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
