import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect as connectPlain } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, createServer } from "node:tls";

import { neighbourhoodDomain } from "@commonwatt/sdk/domains";
import { type DayProfile, MEASURED } from "@commonwatt/sdk/profile";
import { recoverDevice, toSignedProfile } from "@commonwatt/sdk/profile-signing";
import { day } from "@commonwatt/sdk/time";
import type { Address } from "viem";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { createKey } from "../src/keystore/keystore.ts";
import { createRemoteSigner } from "../src/signature/remote-signer.ts";
import { SignerRefusedError, SignerTroubleError, SignerUnavailableError } from "../src/signature/signer-errors.ts";
import { verifySigner } from "../src/signature/watch-signer.ts";
import { startSignerProcess, writeSignerCertificates } from "./support/signer-process.ts";

const ADDRESS: Address = "0x5FbDB2315678afecb367f032d93F642f64180aa3";
const DEPLOYMENT = {
  name: "Test street",
  chainId: 31_337,
  deploymentBlock: 0,
  neighbourhood: ADDRESS,
  token: ADDRESS,
  marketplace: ADDRESS,
  currency: ADDRESS,
  deviceRegistry: ADDRESS,
  accessManager: ADDRESS,
};
const PASSPHRASE = "a passphrase that must not leak";

const profile = (importRegister: bigint, number = 20_000): DayProfile => ({
  day: day(number),
  importRegister,
  exportRegister: 0n,
  quality: Array<typeof MEASURED>(96).fill(MEASURED),
  imports: Array<number>(96).fill(1),
  exports: Array<number>(96).fill(0),
});

type Certificates = Awaited<ReturnType<typeof writeSignerCertificates>>;
type Running = Awaited<ReturnType<typeof startSignerProcess>>;

let folder: string;
let device: Address;
let certificates: Certificates;
const closing: (() => Promise<unknown>)[] = [];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "remote-signer-"));
  writeFileSync(join(folder, "passphrase"), PASSPHRASE, { mode: 0o600 });
  writeFileSync(join(folder, "deployment.json"), JSON.stringify(DEPLOYMENT));
  device = await createKey(join(folder, "keys"), { meter: 7 }, PASSPHRASE, "light", { curve: "P-256" });
  certificates = await writeSignerCertificates(join(folder, "certificates"));
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
  rmSync(folder, { recursive: true });
});

async function startSigner(changes: object = {}, port = 0): Promise<Running> {
  const file = join(folder, "signer.json");
  const { server, caFile } = certificates;
  const config = {
    listen: { port },
    ...server,
    clientCaFile: caFile,
    keys: { kind: "keystore", keystoreDir: "keys", passphraseFile: "passphrase", custody: "gateway" },
    deploymentFile: "deployment.json",
    memoryFile: "memory/signer.sqlite",
    logLevel: "debug",
    ...changes,
  };
  writeFileSync(file, JSON.stringify(config));
  const running = await startSignerProcess(file);
  closing.push(() => running.end("SIGKILL"));
  return running;
}

function openClient(
  port: number,
  from: { client?: Certificates["client"]; caFile?: string; serverName?: string } = {},
) {
  const { client = certificates.client, caFile = certificates.caFile, serverName } = from;
  const name = serverName === undefined ? {} : { serverName };
  const signer = createRemoteSigner({
    host: "127.0.0.1",
    port,
    caFile,
    ...client,
    ...name,
    onMessage: () => undefined,
  });
  closing.push(() => signer.close());
  return signer;
}

const refusalOf = (asked: Promise<unknown>) => asked.then(() => undefined).catch((error: unknown) => error as Error);

describe("a signer on another machine", () => {
  test("signs over TLS what the device's key signs, and says where it is kept", async () => {
    const signer = openClient((await startSigner()).port);
    expect(await signer.devices()).toEqual([
      { meter: 7, device, keyType: "P-256", custody: "gateway", standing: "current" },
    ]);
    const signed = toSignedProfile(profile(96n), await signer.signProfile(device, profile(96n)));
    expect(await recoverDevice(neighbourhoodDomain(DEPLOYMENT), signed)).toBe(device);
  });

  test("keeps its memory of what it signed, whoever asks and however often it starts", async () => {
    const first = await startSigner();
    const before = openClient(first.port);
    await before.signProfile(device, profile(96n));
    // A request that was recorded and comes again is harmless; another profile of that day is refused for ever.
    await openClient(first.port).signProfile(device, profile(96n));
    await first.end("SIGKILL");
    const second = await startSigner();
    expect(await refusalOf(openClient(second.port).signProfile(device, profile(97n)))).toBeInstanceOf(
      SignerRefusedError,
    );
  });

  test("answers, however many strangers connect and say nothing", async () => {
    const { port } = await startSigner();
    const silent = Array.from({ length: 200 }, () => connectPlain(port, "127.0.0.1").on("error", () => undefined));
    closing.push(() => Promise.resolve(silent.map((socket) => socket.destroy())));
    await Promise.all(silent.map((socket) => Promise.race([once(socket, "connect"), once(socket, "close")])));
    expect(await openClient(port).devices()).toMatchObject([{ meter: 7, device }]);
  });

  test("is away while it is down: whoever asks is told to come later, and it is found again", async () => {
    const first = await startSigner();
    const signer = openClient(first.port);
    await signer.devices();
    expect(await first.end("SIGTERM")).toBe(0);
    await expect
      .poll(() => refusalOf(signer.devices()), { timeout: 60_000 })
      .toMatchObject({ name: SignerUnavailableError.name, message: expect.stringMatching(/ECONNREFUSED/u) as string });
    await startSigner({}, first.port);
    await expect.poll(() => refusalOf(signer.devices()), { timeout: 60_000, interval: 200 }).toBeUndefined();
  });

  test("answers many who ask at once, each with its own", async () => {
    const signer = openClient((await startSigner()).port);
    const days = Array.from({ length: 40 }, (_, index) => profile(96n, 20_000 + index));
    const signatures = await Promise.all(days.map((one) => signer.signProfile(device, one)));
    for (const [index, signature] of signatures.entries()) {
      const signed = toSignedProfile(days[index] ?? profile(96n), signature);
      expect(await recoverDevice(neighbourhoodDomain(DEPLOYMENT), signed)).toBe(device);
    }
  });
});

describe("a signer on another machine refuses", () => {
  test("a client without a certificate, and one with another authority's", async () => {
    const { port, lines } = await startSigner();
    const stranger = await writeSignerCertificates(join(folder, "stranger"));
    expect(await refusalOf(openClient(port, { client: stranger.client }).devices())).toMatchObject({
      name: SignerUnavailableError.name,
      message: expect.stringMatching(/whether it takes the oracle's certificate/u) as string,
    });
    const said = await new Promise<string>((resolve) => {
      const socket = connect({ host: "127.0.0.1", port, ca: readFileSync(certificates.caFile) });
      socket.on("secureConnect", () => socket.write('{"id":1,"method":"devices"}\n'));
      socket.on("data", (data: Buffer) => {
        resolve(data.toString());
      });
      socket.on("error", (error: Error) => {
        resolve(error.message);
      });
    });
    expect(said).toMatch(/alert certificate required/u);
    await expect.poll(() => lines.filter(({ event }) => event === "client-refused").length).toBe(2);
  });

  test("another certificate of its authority, where certificates are pinned", async () => {
    const { fingerprint256 } = new X509Certificate(readFileSync(certificates.client.certificateFile));
    const { port } = await startSigner({ clientFingerprints: [fingerprint256] });
    expect(await openClient(port).devices()).toHaveLength(1);
    const other = await refusalOf(openClient(port, { client: certificates.server }).devices());
    expect(other).toBeInstanceOf(SignerUnavailableError);
  });

  test("TLS 1.2", async () => {
    const { port } = await startSigner();
    const { certificateFile, keyFile } = certificates.client;
    const reason = await new Promise<string>((resolve) => {
      const cert = readFileSync(certificateFile);
      const key = readFileSync(keyFile);
      const socket = connect({
        host: "127.0.0.1",
        port,
        ca: readFileSync(certificates.caFile),
        cert,
        key,
        maxVersion: "TLSv1.2",
      });
      socket.on("secureConnect", () => {
        resolve("connected");
      });
      socket.on("error", (error: Error) => {
        resolve(error.message);
      });
    });
    expect(reason).toMatch(/protocol version/u);
  });

  test("a line longer than any request, and what follows it", async () => {
    const { port, lines } = await startSigner();
    const cert = readFileSync(certificates.client.certificateFile);
    const key = readFileSync(certificates.client.keyFile);
    const ca = readFileSync(certificates.caFile);
    const received = await new Promise<string>((resolve) => {
      let text = "";
      const socket = connect({ host: "127.0.0.1", port, ca, cert, key });
      socket.on("secureConnect", () => {
        socket.write('{"id":1,"method":"devices"}\n');
        socket.write("x".repeat(100_000));
      });
      socket.on("data", (data: Buffer) => (text += data.toString()));
      socket.on("error", () => undefined);
      socket.on("close", () => {
        resolve(text);
      });
    });
    expect(received).toContain(device);
    await expect
      .poll(() => lines.find(({ event }) => event === "client-lost")?.msg)
      .toMatch(/longer than 8192 characters/u);
    expect(await openClient(port).devices()).toHaveLength(1);
  });

  test("to start with a key that others can read", async () => {
    const { keyFile } = certificates.server;
    writeFileSync(join(folder, "open.key"), readFileSync(keyFile), { mode: 0o644 });
    await expect(startSigner({ keyFile: "open.key" })).rejects.toThrow(/key file .* has mode 644, expected 600/u);
  });
});

describe("the oracle refuses", () => {
  test("a signer with another authority's certificate, or for another name", async () => {
    const { port } = await startSigner();
    const stranger = await writeSignerCertificates(join(folder, "stranger"));
    expect(await refusalOf(openClient(port, { caFile: stranger.caFile }).devices())).toMatchObject({
      message: expect.stringMatching(/not by the authority of caFile/u) as string,
    });
    expect(await refusalOf(openClient(port, { serverName: "signer.example" }).devices())).toMatchObject({
      message: expect.stringMatching(/for another name/u) as string,
    });
  });

  test("signatures of whoever has stolen the signer's certificate, and lines that never end", async () => {
    const { server, caFile } = certificates;
    const answers = [
      (id: number) => JSON.stringify({ id, result: { signature: `0x${"11".repeat(128)}` } }),
      (id: number) => JSON.stringify({ id, result: { signature: `0x${"11".repeat(64)}1b` } }),
      () => "y".repeat(9 * 1024 * 1024),
    ];
    let asked = 0;
    const thief = createServer(
      { cert: readFileSync(server.certificateFile), key: readFileSync(server.keyFile), ca: readFileSync(caFile) },
      (socket) => {
        socket.on("error", () => undefined);
        socket.on("data", (data: Buffer) => {
          const { id } = JSON.parse(data.toString()) as { id: number };
          socket.write(`${answers[asked++]?.(id) ?? ""}\n`);
        });
      },
    );
    await new Promise<void>((resolve) => thief.listen(0, "127.0.0.1", resolve));
    closing.push(() => new Promise((resolve) => thief.close(resolve)));
    const { port } = thief.address() as { port: number };
    const signer = verifySigner(openClient(port), neighbourhoodDomain(DEPLOYMENT));
    for (let attempt = 0; attempt < 2; attempt++) {
      const refused = await refusalOf(signer.signProfile(device, profile(96n)));
      expect(refused).toBeInstanceOf(SignerTroubleError);
      expect(refused?.message).toMatch(/a signature that is not that of/u);
    }
    expect(await refusalOf(signer.signProfile(device, profile(96n)))).toMatchObject({
      name: SignerUnavailableError.name,
      message: expect.stringMatching(/longer than 8388608 characters/u) as string,
    });
  });
});

test("neither the passphrase nor a key is in what the signer logs, its arguments or its environment", async () => {
  const running = await startSigner();
  const signer = openClient(running.port);
  await signer.signProfile(device, profile(96n));
  const place = `/proc/${running.pid ?? 0}`;
  const told = readFileSync(`${place}/cmdline`, "utf8") + readFileSync(`${place}/environ`, "utf8");
  const logged = JSON.stringify(running.lines);
  const key = readFileSync(certificates.server.keyFile, "utf8").split("\n")[1] ?? "no key";
  for (const secret of [PASSPHRASE, key]) expect(told + logged).not.toContain(secret);
});
