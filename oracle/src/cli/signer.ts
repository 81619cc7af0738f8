import { readFileSync } from "node:fs";

import { parseDeployment } from "@commonwatt/sdk/deployment";
import { neighbourhoodDomain } from "@commonwatt/sdk/domains";

import { readSecret } from "../keystore/passphrase.ts";
import { createLog } from "../log.ts";
import { createKeySigner } from "../signer/key-signer.ts";
import { openSignerMemory } from "../signer/memory.ts";
import { openKeySource } from "../signer/open-source.ts";
import { loadSignerServerConfig, type SignerServerConfig } from "../signer/remote/config.ts";
import { startSignerServer } from "../signer/remote/server.ts";
import { configOption, defineVerb } from "./verb.ts";

export const signerVerb = defineVerb({
  usage: "--config FILE",
  options: { config: { ...configOption, default: "signer.json", about: "the signer's own configuration" } },
  details:
    "Holds the devices' keys on this machine and signs for an oracle on another, which it knows by its certificate.\n" +
    "It never signs two different days for one date. Runs until it gets SIGTERM or SIGINT (Ctrl-C).",
  run: ({ config }) => serve(loadSignerServerConfig(config)),
});

async function serve(config: SignerServerConfig): Promise<void> {
  const log = createLog(config.logLevel);
  const stop = new Promise<void>((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      process.on(signal, () => {
        resolve();
      });
    }
  });
  const deployment = parseDeployment(readFileSync(config.deploymentFile, "utf8"));
  const source = await openKeySource(config.keys);
  const memory = openSignerMemory(config.memoryFile);
  const server = await startSignerServer(createKeySigner(source, neighbourhoodDomain(deployment), memory), {
    ...config.listen,
    certificate: readFileSync(config.certificateFile, "utf8"),
    key: readSecret("key", config.keyFile),
    clientAuthority: readFileSync(config.clientCaFile, "utf8"),
    clientFingerprints: config.clientFingerprints,
    log,
  });
  const { port } = server;
  log.info({ event: "ready", ports: { signer: port } }, `Ready: the signer listens on ${config.listen.host}:${port}`);
  await stop;
  await server.close();
  memory.close();
  source.close();
  log.info({ event: "stopped" }, "Everything is closed");
}
