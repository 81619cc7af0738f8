/**
 * The pairing route alone, for a test in a browser: invites the owner of one meter, prints the link, and then what came of
 * it. Arguments: deployment (JSON), RPC URL, address of the dApp, seconds that the link is good.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

import { pairingLink, serializeConsent } from "@commonwatt/sdk/consent";
import { parseDeployment } from "@commonwatt/sdk/deployment";
import { createPublicClient, http } from "viem";

import type { Reader } from "../../src/chain/reader.ts";
import { openPairingRoom } from "../../src/pairing/room.ts";
import { createPairingRoute } from "../../src/pairing/route.ts";
import { startPairingServer } from "../../src/pairing/server.ts";

const LOOK_MS = 100;
const MAX_LOOKS = 6_000;

const [deploymentText = "", rpcUrl = "", dapp = "", seconds = ""] = process.argv.slice(2);
const deployment = parseDeployment(deploymentText);
const folder = mkdtempSync(join(tmpdir(), "commonwatt-pairing-"));
process.on("exit", () => {
  rmSync(folder, { recursive: true, force: true });
});
process.on("SIGTERM", () => process.exit(0));

const room = openPairingRoom(folder);
const reader = createPublicClient({ transport: http(rpcUrl) }) as unknown as Reader;
const invitation = {
  meter: 77,
  meteringPoint: "AT0010000000000000001000000000077",
  device: deployment.token,
  importRegister: 12_345_678n,
  exportRegister: 0n,
  expires: Math.floor(Date.now() / 1000) + Number(seconds),
};
const token = room.invite(invitation);
await startPairingServer({
  host: "127.0.0.1",
  port: 0,
  allowedOrigins: [],
  route: createPairingRoute({ room, reader, deployment }),
  onListening: (port) => {
    const link = pairingLink(dapp, { ...invitation, neighbourhood: deployment.neighbourhood, unitWh: 1, token });
    console.log(JSON.stringify({ port, link }));
  },
});
for (let looks = 0; looks < MAX_LOOKS; looks++) {
  const signed = room.answered(token);
  if (signed !== undefined) {
    console.log(JSON.stringify(serializeConsent(signed)));
    break;
  }
  await pause(LOOK_MS);
}
