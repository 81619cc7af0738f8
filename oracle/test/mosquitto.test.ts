import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { connectAsync, type IClientOptions, type MqttClient } from "mqtt";
import { afterEach, beforeAll, describe, expect, test } from "vitest";

import { connectExternalBroker, type ExternalBrokerConfig } from "../src/sources/external-broker.ts";
import { decodeMqtt, mqttTopics } from "../src/sources/decode/mqtt.ts";
import { createNodeTable } from "../src/sources/decode/node-table.ts";
import type { RawMessage } from "../src/sources/message.ts";
import { createCertificates } from "./support/certificates.ts";
import { hasMosquitto, type Mosquitto, startMosquitto } from "./support/mosquitto.ts";

const OPERATIONS = readFileSync(new URL("../../docs/operations.md", import.meta.url), "utf8");
/** A process that takes messages as the oracle does, onto the disk. */
const RECEIVER = fileURLToPath(new URL("./support/mqtt-receiver.ts", import.meta.url));
const PASSWORDS = { oracle: "oracle's", "emontx4-1": "one's", "emontx4-2": "two's" };
const closers: (() => Promise<unknown> | undefined)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** The configuration that the documentation gives to be copied: the block whose first line names the file. */
function snippet(file: string): string {
  const block = new RegExp(`\`\`\`conf\\n# ${file.replaceAll("/", "\\/")}[^\\n]*\\n([^\`]*)\`\`\``, "u").exec(
    OPERATIONS,
  );
  if (block?.[1] === undefined) throw new Error(`docs/operations.md has no block for ${file}`);
  return block[1].replaceAll("/etc/mosquitto/commonwatt", "FOLDER").replaceAll("/var/lib/mosquitto/", "FOLDER/");
}

/** Debian's mosquitto as the documentation sets it up. */
async function documented(extra = ""): Promise<Mosquitto> {
  const settings = snippet("/etc/mosquitto/conf.d/commonwatt.conf").replace(/^listener .*\n/u, "");
  const mosquitto = await startMosquitto({
    settings: settings + extra,
    files: {
      "ca.pem": certificates.ca,
      "server.pem": certificates.server.certificate,
      "server.key": certificates.server.key,
      acl: snippet("/etc/mosquitto/commonwatt/acl"),
    },
    users: PASSWORDS,
  });
  closers.push(() => mosquitto.close());
  return mosquitto;
}

/** A folder of files that only their owner can read. */
function folderOf(files: Record<string, string>): (name: string) => string {
  const folder = mkdtempSync(join(tmpdir(), "oracle-mqtt-"));
  closers.push(() => rm(folder, { recursive: true }));
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(folder, name), content);
    chmodSync(join(folder, name), 0o600);
  }
  return (name) => join(folder, name);
}

function configOf({ port }: Mosquitto, changes: Record<string, string> = {}): ExternalBrokerConfig {
  const at = folderOf({ username: "oracle\n", password: PASSWORDS.oracle, ca: certificates.ca, ...changes });
  const paths = { usernameFile: at("username"), passwordFile: at("password"), caFile: at("ca") };
  return { kind: "external", url: `mqtts://127.0.0.1:${port}`, clientId: "oracle-test", ...paths };
}

/** The oracle's side; `ready` resolves when it has subscribed. */
function listen(config: ExternalBrokerConfig, handle?: (message: RawMessage) => Promise<void>) {
  const errors: string[] = [];
  const taken: string[] = [];
  const ready = Promise.withResolvers<undefined>();
  const take = (message: RawMessage) => {
    const { messages } = decodeMqtt(message, { baseTopic: "emon", nodes: createNodeTable([]) });
    for (const { node, values } of messages)
      for (const [input, value] of values) taken.push(`${node}/${input}=${value}`);
    return Promise.resolve();
  };
  const source = connectExternalBroker(config, mqttTopics("emon"), handle ?? take, {
    onConnected: () => {
      ready.resolve(undefined);
    },
    onError: ({ message }) => errors.push(message),
  });
  closers.push(() => source.close());
  return { errors, taken, ready: ready.promise, close: () => source.close() };
}

async function gateway(
  { port }: Mosquitto,
  user: keyof typeof PASSWORDS,
  options: IClientOptions = {},
): Promise<MqttClient> {
  const login = { username: user, password: PASSWORDS[user], ca: certificates.ca };
  const client = await connectAsync(`mqtts://127.0.0.1:${port}`, { reconnectPeriod: 0, ...login, ...options });
  closers.push(() => client.endAsync(true));
  return client;
}

let certificates: Awaited<ReturnType<typeof createCertificates>>;
beforeAll(async () => {
  if (hasMosquitto) certificates = await createCertificates();
});

// Skipped where Debian's mosquitto is not installed: nothing else can stand in for it.
describe.skipIf(!hasMosquitto)("mosquitto with TLS, passwords and rules, as documented", () => {
  test("brings the oracle what gateways publish under their own names, and nothing they publish under another's", async () => {
    const mosquitto = await documented();
    const oracle = listen(configOf(mosquitto));
    await oracle.ready;
    const one = await gateway(mosquitto, "emontx4-1");
    const two = await gateway(mosquitto, "emontx4-2");
    // MQTT 3.1.1 acknowledges what the rules refuse: the sender cannot tell.
    await two.publishAsync("emon/emontx4-1/E1", "666", { qos: 1 });
    await one.publishAsync("emon/emontx4-1", '{"E1":100}', { qos: 1 });
    await two.publishAsync("emon/emontx4-2/E1", "200", { qos: 2 });
    await one.publishAsync("emon/emontx4-1/E1", "101", { qos: 0 });
    await expect.poll(() => oracle.taken).toEqual(["emontx4-1/E1=100", "emontx4-2/E1=200", "emontx4-1/E1=101"]);
    expect(oracle.errors).toEqual([]);
  });

  test("keeps the gateways from reading each other", async () => {
    const mosquitto = await documented();
    const one = await gateway(mosquitto, "emontx4-1");
    const two = await gateway(mosquitto, "emontx4-2");
    const received: string[] = [];
    two.on("message", (topic) => received.push(topic));
    await two.subscribeAsync("#", { qos: 1 }).catch(() => undefined);
    const oracle = listen(configOf(mosquitto));
    await oracle.ready;
    await one.publishAsync("emon/emontx4-1/E1", "100", { qos: 1 });
    await expect.poll(() => oracle.taken).toHaveLength(1);
    expect(received).toEqual([]);
  });

  test.each<[string, Record<string, string>, RegExp]>([
    ["a wrong password", { password: "guessed" }, /refuses the login .*broker.passwordFile/u],
    ["an unknown user", { username: "nobody" }, /refuses the login .*broker.usernameFile/u],
  ])("refuses %s, and the log says what to look at, once", async (_name, changes, expected) => {
    const oracle = listen(configOf(await documented(), changes));
    await expect.poll(() => oracle.errors).toHaveLength(1);
    expect(oracle.errors[0]).toMatch(expected);
    expect(oracle.errors[0]).not.toContain("guessed");
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    expect(oracle.errors).toHaveLength(1);
  });

  test("is not talked to when another authority signed its certificate", async () => {
    const { ca } = await createCertificates();
    const oracle = listen(configOf(await documented(), { ca }));
    await expect.poll(() => oracle.errors).toHaveLength(1);
    expect(oracle.errors[0]).toMatch(/shows a certificate that no authority signed that is in .*ca/u);
  });

  test("is not talked to under a name that its certificate does not have", async () => {
    const mosquitto = await documented();
    const config = { ...configOf(mosquitto), url: `mqtts://127.0.0.2:${mosquitto.port}` };
    const oracle = listen(config);
    await expect.poll(() => oracle.errors.join()).toMatch(/127\.0\.0\.2/u);
    expect(oracle.taken).toEqual([]);
  });

  test("knows the oracle by its certificate where it asks for one", async () => {
    const mosquitto = await documented("cafile FOLDER/ca.pem\nrequire_certificate true\n");
    const without = listen(configOf(mosquitto));
    await expect.poll(() => without.errors).not.toEqual([]);
    await without.close();
    const at = folderOf({ certificate: certificates.client.certificate, key: certificates.client.key });
    const oracle = listen({ ...configOf(mosquitto), certificateFile: at("certificate"), keyFile: at("key") });
    await oracle.ready;
    chmodSync(at("key"), 0o644);
    expect(() => listen({ ...configOf(mosquitto), certificateFile: at("certificate"), keyFile: at("key") })).toThrow(
      /mode 644/u,
    );
  });

  test("hands over again what an oracle that was killed had not acknowledged", async () => {
    const mosquitto = await documented();
    const at = folderOf({ "taken.txt": "", "config.json": JSON.stringify(configOf(mosquitto)) });
    const one = await gateway(mosquitto, "emontx4-1");
    const sent: string[] = [];
    const start = () => spawn(process.execPath, [RECEIVER, at("config.json"), at("taken.txt")], { stdio: "pipe" });
    for (let life = 0; life < 5; life++) {
      const oracle = start();
      const exited = once(oracle, "exit");
      await once(oracle.stdout, "data");
      // The kill comes while messages are on their way, at a moment of its own in each life.
      const doomed = setTimeout(() => oracle.kill("SIGKILL"), 20 + life * 30);
      for (let index = 0; index < 400; index++) {
        const payload = `${life}.${index}`;
        await one.publishAsync("emon/emontx4-1/E1", payload, { qos: index % 2 === 0 ? 1 : 2 });
        sent.push(payload);
      }
      clearTimeout(doomed);
      oracle.kill("SIGKILL");
      await exited;
    }
    const oracle = start();
    closers.push(async () => {
      const exited = once(oracle, "exit");
      oracle.kill("SIGKILL");
      await exited;
    });
    const missing = () => {
      const taken = new Set(readFileSync(at("taken.txt"), "utf8").split("\n"));
      return sent.filter((payload) => !taken.has(payload));
    };
    await expect.poll(missing).toEqual([]);
  });

  test.each([1, 2] as const)(
    "keeps what it got at QoS %i for an oracle that is away, over its own restart",
    async (qos) => {
      const mosquitto = await documented();
      const config = { ...configOf(mosquitto), sessionExpirySeconds: 3_600 };
      const oracle = listen(config);
      await oracle.ready;
      await oracle.close();
      const one = await gateway(mosquitto, "emontx4-1");
      for (let value = 1; value <= 50; value++) await one.publishAsync("emon/emontx4-1/E1", String(value), { qos });
      await one.endAsync();
      await mosquitto.stop();
      await mosquitto.start();
      const back = listen(config);
      await expect
        .poll(() => back.taken)
        .toEqual(Array.from({ length: 50 }, (_, index) => `emontx4-1/E1=${index + 1}`));
    },
  );
});
