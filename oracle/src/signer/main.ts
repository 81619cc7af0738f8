import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";

import { parseDeployment } from "@commonwatt/sdk/deployment";
import { neighbourhoodDomain } from "@commonwatt/sdk/domains";

import { createKeySigner } from "./key-signer.ts";
import { openSignerMemory } from "./memory.ts";
import { openKeySource } from "./open-source.ts";
import { serveSigner } from "./serve.ts";

const USAGE = `usage: signer --deployment FILE --memory FILE
  --keystore FOLDER [--passphrase-file FILE]   keys in files
  --pkcs11 LIBRARY --token LABEL [--pin-file FILE]   keys in a secure element`;

// Ctrl-C reaches the whole process group; the oracle ends the signer itself by closing its input, when its work is done.
process.on("SIGINT", () => undefined);

const { values } = parseArgs({
  options: {
    keystore: { type: "string" },
    "passphrase-file": { type: "string" },
    pkcs11: { type: "string" },
    token: { type: "string" },
    "pin-file": { type: "string" },
    deployment: { type: "string" },
    memory: { type: "string" },
  },
});

try {
  const { keystore, pkcs11: library, token, deployment: deploymentFile, memory: memoryFile } = values;
  if (!deploymentFile || !memoryFile) throw new Error(USAGE);
  if ((keystore === undefined) === (library === undefined || token === undefined)) throw new Error(USAGE);
  const source = await openKeySource(
    library === undefined || token === undefined
      ? { kind: "keystore", keystoreDir: keystore ?? "", passphraseFile: values["passphrase-file"] }
      : { kind: "pkcs11", library, token, pinFile: values["pin-file"] },
  );
  const deployment = parseDeployment(readFileSync(deploymentFile, "utf8"));
  const memory = openSignerMemory(memoryFile);
  await serveSigner(createKeySigner(source, neighbourhoodDomain(deployment), memory), process.stdin, process.stdout);
  memory.close();
  source.close();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
