import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { pairingLink } from "@commonwatt/sdk/consent";
import decodeQR from "qr/decode.js";
import { zeroAddress } from "viem";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { parseConfig } from "../config/load.ts";
import { addMeterToConfig } from "./add-meter.ts";
import { readAnswersFile } from "./answers-file.ts";
import { drawLink } from "./ask-owner.ts";
import { createAsker } from "./ask.ts";
import { askMeter } from "./meter-questions.ts";
import { askMessages, askRest, askRpcUrl } from "./questions.ts";
import { readEnergy, readUrl, readYes } from "./read-answer.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "guide-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const asked = (answers: Record<string, string>) => createAsker(answers, { terminal: false }).ask;
const METER = { meter: "7", meteringPoint: "AT0030", place: "ELM STREET", node: "emontx", profile: "emonTx4" };

describe("answers", () => {
  test.each([
    ["12345.678 kWh", 1, 12_345_678],
    ["12345,6 kwh", 1, 12_345_600],
    ["12345678", 1, 12_345_678],
    ["12345678 Wh", 100, 12_345_600],
    ["0", 1, 0],
  ])("what a meter shows: %s in units of %i Wh", (text, unitWh, wh) => {
    expect(readEnergy("reading", unitWh)(text)).toBe(wh);
  });

  test.each(["", "kWh", "-5", "1.5", "1.2345 kWh", "1e6", "17592186044416", "0x10"])("no meter shows %j", (text) => {
    expect(() => readEnergy("reading", 1)(text)).toThrow(/expected what the meter shows/u);
  });

  test("URLs have a protocol and a host, yes is yes", () => {
    expect(readUrl("it", ["https"])("https://a.example/x")).toBe("https://a.example/x");
    for (const wrong of ["a.example", "ftp://a.example", "https://", ""]) {
      expect(() => readUrl("it", ["https"])(wrong)).toThrow(/expected a URL that begins with https:/u);
    }
    expect([readYes("it")("Y"), readYes("it")("no")]).toEqual([true, false]);
    expect(() => readYes("it")("maybe")).toThrow(/expected one of yes, no/u);
  });

  test("that are missing or wrong are named, with the question", async () => {
    await expect(askRest(asked({}))).rejects.toThrow(/answer "dappUrl" is missing, expected: At which address/u);
    await expect(askRpcUrl(asked({ rpcUrl: "http://127.0.0.1:1" }))).rejects.toThrow(
      /Answer "rpcUrl": .*127\.0\.0\.1:1 does not answer as a chain/u,
    );
    await expect(askRest(asked({ dappUrl: "x" }))).rejects.toThrow(/Answer "dappUrl": .*expected a URL/u);
    await expect(askRest(asked({ dappUrl: "http://a.example", boardPort: "0" }))).rejects.toThrow(/boardPort/u);
    const rest = await askRest(asked({ dappUrl: "http://a.example" }));
    expect(rest).toMatchObject({ boardPort: 8_787, adminPort: 9_464 });
  });

  test("make sections of a config", async () => {
    const http = {
      broker: { kind: "embedded", host: "127.0.0.1", port: 0 },
      http: { host: "127.0.0.1", port: 8080, keysFile: "http-keys" },
    };
    expect(await askMessages(asked({ messages: "http" }))).toEqual(http);
    expect(await askMessages(asked({ messages: "mqtt" }))).toMatchObject({ broker: { kind: "embedded", port: 1883 } });
    const broker = { messages: "broker", brokerUrl: "mqtts://b.example:8883" };
    expect(await askMessages(asked(broker))).toEqual({ broker: { kind: "external", url: broker.brokerUrl } });
    const serial = { messages: "serial", serialPath: "/dev/ttyUSB0", serialFormat: "p1" };
    expect(await askMessages(asked(serial))).toMatchObject({ serial: [{ path: "/dev/ttyUSB0", format: "p1" }] });
  });

  test("come from a file, which is refused where it says what nobody asked", () => {
    const file = join(folder, "answers.json");
    writeFileSync(
      file,
      JSON.stringify({ name: "Elm", boardPort: 8787, meters: [{ meter: 1, inputs: [{ input: "E1" }] }] }),
    );
    expect(readAnswersFile(file)).toEqual({
      answers: { name: "Elm", boardPort: "8787" },
      meters: [{ answers: { meter: "1" }, inputs: [{ input: "E1" }] }],
    });
    for (const wrong of [{ nmae: "Elm" }, { meters: [{ metre: 1 }] }, { name: ["Elm"] }, []]) {
      writeFileSync(file, JSON.stringify(wrong));
      expect(() => readAnswersFile(file)).toThrow(/answers file .* is wrong:/u);
    }
    expect(() => readAnswersFile(join(folder, "none"))).toThrow(/cannot be used: .*ENOENT/u);
  });
});

describe("a meter", () => {
  const config = {
    broker: { kind: "embedded" },
    dataDir: "data",
    keystoreDir: "keystore",
    passphraseFile: "passphrase",
    deploymentFile: "deployment.json",
    rpcUrls: ["http://127.0.0.1:1"],
    logLevel: "warn",
    meters: [],
  };

  test("goes into the config, once, and leaves the rest as it is", async () => {
    const file = join(folder, "config.json");
    writeFileSync(file, JSON.stringify(config), { mode: 0o640 });
    const facts = await askMeter(asked({ ...METER, importShows: "12.5 kWh" }), {});
    expect(addMeterToConfig(file, facts)).toBe(true);
    const written = JSON.parse(readFileSync(file, "utf8")) as { meters: object[]; logLevel: string };
    expect(written.logLevel).toBe("warn");
    expect(written.meters).toEqual([
      {
        meter: 7,
        fuseWatts: 17_250,
        unitWh: 1,
        openingImportWh: 12_500,
        openingExportWh: 0,
        node: "emontx",
        profile: "emonTx4",
        wiring: "grid",
      },
    ]);
    expect(parseConfig(written, folder).meters[0]?.inputs[0]).toMatchObject({ input: "E1", meaning: "netWh" });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(addMeterToConfig(file, facts)).toBe(false);
  });

  test("that does not fit the others changes nothing", async () => {
    const file = join(folder, "config.json");
    writeFileSync(file, JSON.stringify(config));
    addMeterToConfig(file, await askMeter(asked(METER), {}));
    const before = readFileSync(file, "utf8");
    const twin = await askMeter(asked({ ...METER, meter: "8" }), {});
    expect(() => addMeterToConfig(file, twin)).toThrow(/config has \d+ problem/u);
    expect(readFileSync(file, "utf8")).toBe(before);
  });
});

test("the QR code in the terminal holds the whole link", () => {
  const link = pairingLink("https://street.example.org", {
    neighbourhood: zeroAddress,
    meter: 0xffff_ffff,
    meteringPoint: "AT0010000000000000001000000000001",
    device: zeroAddress,
    importRegister: (1n << 44n) - 1n,
    exportRegister: (1n << 44n) - 1n,
    unitWh: 100,
    expires: 1_999_999_999,
    token: "A".repeat(22),
  });
  const lines = drawLink(link).trimEnd().split("\n");
  // Terminals are 80 columns wide.
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
  expect(decodeQR(toImage(lines))).toBe(link);
});

/** The picture that a camera sees: light squares are drawn, two rows to a line. */
function toImage(lines: readonly string[]) {
  const SCALE = 4;
  const light = lines.flatMap((line) => {
    const cells = Array.from(line);
    return [cells.map((cell) => "█▀".includes(cell)), cells.map((cell) => "█▄".includes(cell))];
  });
  const side = Math.max(light.length, ...light.map((row) => row.length)) * SCALE;
  const data = new Uint8Array(side * side * 4);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const isLight = light[Math.floor(y / SCALE)]?.[Math.floor(x / SCALE)] ?? true;
      data.set([...Array<number>(3).fill(isLight ? 255 : 0), 255], (y * side + x) * 4);
    }
  }
  return { width: side, height: side, data };
}
