import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { Aedes } from "aedes";
import { connect, connectAsync, type IConnackPacket } from "mqtt";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { parseConfig } from "../config/load.ts";
import { discover } from "./discover.ts";

const KEY = "0123456789abcdef0123456789abcdef";
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "discover-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

function configOf(change: object) {
  const meters = [{ meter: 1, node: "known", fuseWatts: 10_000, profile: "P1" }];
  const files = {
    dataDir: "data",
    keystoreDir: "keystore",
    passphraseFile: "passphrase",
    deploymentFile: "deployment.json",
  };
  return parseConfig({ ...files, rpcUrls: ["http://127.0.0.1:1"], meters, ...change }, folder);
}

/** Listens until `heard`, called with each line of progress, says that it has been enough. */
async function listen(change: object, heard: (line: string) => Promise<boolean>) {
  const stop = new AbortController();
  return discover(configOf(change), {
    seconds: 30,
    signal: stop.signal,
    onProgress: (line) => {
      void heard(line).then((enough) => {
        if (enough) stop.abort();
      });
    },
  });
}

describe("listening", () => {
  test("at a broker elsewhere leaves nothing behind there", async () => {
    const broker = await Aedes.createBroker();
    const server = createServer((socket) => {
      broker.handle(socket);
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const url = `mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`;
    try {
      const gateway = await connectAsync(url, { clientId: "gateway" });
      const proposal = await listen({ broker: { kind: "external", url, clientId: "oracle" } }, async (line) => {
        if (line === `Listening at ${url}`)
          await gateway.publishAsync("emon/home", '{"import_wh":5,"export_wh":1}', { qos: 1 });
        return line.startsWith("1 messages");
      });
      expect(proposal.meters).toMatchObject([{ meter: 2, node: "home", profile: "P1" }]);
      await gateway.endAsync();

      // The oracle's own session was not touched, and the listener's is forgotten.
      for (const clientId of ["oracle", `discover-${process.pid}`]) {
        const client = connect(url, { clientId, clean: false });
        const { sessionPresent } = await new Promise<IConnackPacket>((resolve) => client.once("connect", resolve));
        expect(sessionPresent).toBe(false);
        await client.endAsync();
      }
    } finally {
      await new Promise<void>((resolve) => {
        broker.close(resolve);
      });
      server.close();
    }
  });

  test("over HTTP accepts nothing, so that a gateway keeps its batch for the oracle", async () => {
    writeFileSync(join(folder, "http-keys"), `1 ${KEY}\n`, { mode: 0o600 });
    let status = 0;
    let body = "";
    const change = { broker: { kind: "embedded", port: 0 }, http: { port: 0, keysFile: "http-keys" } };
    const proposal = await listen(change, async (line) => {
      const at = /^Listening on (http:\/\/.*)$/u.exec(line)?.[1];
      if (at === undefined) return false;
      const response = await fetch(
        `${at}/input/post?node=emonpi&fulljson=${encodeURIComponent('{"power1":-50,"power2":900}')}&apikey=${KEY}`,
      );
      status = response.status;
      body = await response.text();
      return true;
    });
    expect(status).toBe(503);
    expect(body).not.toContain("ok");
    expect(proposal.meters).toMatchObject([
      { node: "emonpi", profile: "emonPi", wiring: "type2", channel: 1, generationChannel: 2 },
    ]);
  });
});
