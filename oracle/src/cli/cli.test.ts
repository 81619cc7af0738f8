import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { parseConfig } from "../config/load.ts";
import type { Config, HttpConfig } from "../config/schema.ts";
import { readKeys } from "../http/keys-file.ts";
import { listMeterKeys } from "../keystore/keystore.ts";
import { summarize } from "./check.ts";
import { createHttpKey } from "./http-keys.ts";
import { createKeys } from "./keys.ts";
import { provePossession } from "./possession.ts";

let folder: string;
let config: Config;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "cli-"));
  writeFileSync(join(folder, "passphrase"), "x", { mode: 0o600 });
  const meter = (number: number) => ({
    meter: number,
    node: `home-${number}`,
    fuseWatts: 17_250,
    inputs: [{ input: "E1", meaning: "netWh" }],
  });
  config = parseConfig(
    {
      broker: { kind: "embedded" },
      dataDir: "data",
      keystoreDir: "keystore",
      keystoreStrength: "light",
      passphraseFile: "passphrase",
      deploymentFile: "deployment.json",
      rpcUrls: ["http://127.0.0.1:8545"],
      meters: [meter(1), meter(2)],
    },
    folder,
  );
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

describe("keys create", () => {
  test("makes the keys that were asked for and names their addresses", async () => {
    const created = await createKeys(config, { meters: "2,1", submitter: true });
    expect(created.devices.map(({ meter }) => meter)).toEqual([2, 1]);
    expect(created.submitter).toMatch(/^0x[0-9a-fA-F]{40}$/u);
    expect(listMeterKeys(config.keystoreDir)).toEqual([1, 2]);
  });

  test.each(["3", "1,x", "1,", "-1", "1e0"])(
    "refuses meters that are not in the config before it makes any key: %s",
    async (meters) => {
      await expect(createKeys(config, { meters, submitter: true })).rejects.toThrow(
        /is not in the config, expected one of 1, 2/u,
      );
      expect(listMeterKeys(config.keystoreDir)).toEqual([]);
    },
  );

  test("refuses to make nothing", async () => {
    await expect(createKeys(config, { meters: undefined, submitter: false })).rejects.toThrow(
      /expected --meters .* or --submitter/u,
    );
  });
});

describe("keys http", () => {
  const httpConfig: HttpConfig = {
    host: "127.0.0.1",
    port: 8080,
    keysFile: "http-keys",
    maxBodyBytes: 1_048_576,
    requestsPerMinute: 600,
    encryptedNeedsTime: false,
  };

  test("makes a key for a node or for any, and shows what it wrote", () => {
    const http = { ...httpConfig, keysFile: join(folder, "http-keys") };
    const limited = createHttpKey({ http }, { user: "7", node: "home-1" });
    const any = createHttpKey({ http }, { user: undefined, node: undefined });
    expect(limited).toMatchObject({ user: 7, node: "home-1" });
    expect(any.user).toBe(8);
    expect(readKeys(http.keysFile)).toEqual([limited, any]);
    expect(summarize({ ...config, http })).toContain(
      `http input: http://127.0.0.1:8080/input, keys in ${http.keysFile}`,
    );
  });

  test("refuses a user that is none, and a config without HTTP input", () => {
    expect(() => createHttpKey({ http: httpConfig }, { user: "1e3", node: undefined })).toThrow(
      '--user "1e3", expected a number from 1',
    );
    expect(() => createHttpKey({ http: undefined }, { user: undefined, node: undefined })).toThrow(
      'The config has no "http" section',
    );
    expect(summarize(config)).toContain("http input: off");
  });
});

describe("possession", () => {
  test.each([undefined, "", "-1", "1.5", "17592186044416"])(
    "refuses an opening register that is none: %s",
    async (importRegister) => {
      await expect(provePossession(config, ["1"], { importRegister, exportRegister: "0" })).rejects.toThrow(
        /--import-register is .*, expected units of the meter from 0 to 2\^44 - 1/u,
      );
    },
  );
});

describe("check", () => {
  test("says in lines what the config means and what is lacking", async () => {
    await createKeys(config, { meters: "1", submitter: false });
    const summary = summarize(config);
    expect(summary).toContain("broker: embedded, on 127.0.0.1:1883");
    expect(summary).toContain("deployment.json (missing)");
    expect(summary).toContain("(no key yet of meter 2)");
    expect(summary).toContain("  1: node home-1, fuse 17250 W, unit 1 Wh, E1 = netWh");
    expect(summary).toContain("topics: emon/#, emonhub/rx/#, shellies/#");
  });

  test("shows what is put together, and the serial lines", () => {
    const inputs = [{ input: "E1", plus: ["E2"], minus: ["E3"], meaning: "netWh" as const }];
    const meters = config.meters.map((meter) => ({ ...meter, inputs }));
    const summary = summarize({ ...config, meters, serial: [{ path: "/dev/ttyUSB0", format: "p1", node: "home" }] });
    expect(summary).toContain("E1 + E2 - E3 = netWh");
    expect(summary).toContain("serial line: /dev/ttyUSB0, p1");
  });
});
