import { execFile } from "node:child_process";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { parseDeployment } from "@commonwatt/sdk/deployment";
import { dayOf, dayStart } from "@commonwatt/sdk/time";
import hre from "hardhat";
import { type Address, parseEther } from "viem";
import { afterAll, beforeAll, expect, test } from "vitest";

import { openKey } from "../src/keystore/keystore.ts";
import { createOracleFolder, type OracleFolder } from "./support/oracle-process.ts";
import { createOperator } from "./support/street-on-chain.ts";

const FIRST_DAY = dayOf(1_780_000_000);
const LAUNCHER = fileURLToPath(new URL("../bin/commonwatt-oracle.js", import.meta.url));
const OWNER = "0x15d34AAf54267DB7D7c367839AAf71A00a2C6A65";

let server: Awaited<ReturnType<typeof hre.network.createServer>>;
let client: ReturnType<typeof createOperator>;
let folder: OracleFolder;
/** Everything that any of them printed. */
let printed = "";

/** Runs a verb as an operator types it. */
function run(line: string, ...more: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const args = [LAUNCHER, ...line.split(" "), ...more, "--config", folder.configFile];
  return new Promise((resolve) => {
    execFile(process.execPath, args, { cwd: folder.folder }, (error, stdout, stderr) => {
      printed += stdout + stderr;
      resolve({ code: error === null ? 0 : 1, stdout, stderr });
    });
  });
}

/** What a verb prints; it has to succeed. */
async function says(line: string, ...more: string[]): Promise<string> {
  const { code, stdout, stderr } = await run(line, ...more);
  expect(stderr + stdout).not.toBe("");
  if (code !== 0) throw new Error(`${line}: ${stderr}`);
  return stdout;
}

beforeAll(async () => {
  const override = { initialDate: new Date((dayStart(FIRST_DAY) + 3_600) * 1000).toISOString() };
  server = await hre.network.createServer({ network: "demo", override }, "127.0.0.1", 0);
  const { port } = await server.listen();
  const rpcUrl = `http://127.0.0.1:${port}`;
  client = createOperator(rpcUrl, "hardhat");
  const inputs = [{ input: "E1", meaning: "netWh" }];
  folder = createOracleFolder(
    { rpcUrls: [rpcUrl], clock: "chain", meters: [{ meter: 1, node: "home-1", fuseWatts: 17_250, inputs }] },
    {},
  );
  // There is no deployment yet.
  writeFileSync(
    join(folder.folder, "config.json"),
    readFileSync(folder.configFile, "utf8").replace('"deployment.json"', '"street.json"'),
  );
}, 120_000);
afterAll(async () => {
  await server.close();
  folder.remove();
});

test("an operator deploys, admits, registers, migrates and checks with the commands of the documentation", async () => {
  await says("keys create --role deployer,operator,governor,guardian --meters 1");
  const keystore = join(folder.folder, "keystore");
  const addresses: Record<string, Address> = {};
  const secrets: string[] = [];
  for (const role of ["deployer", "operator", "governor", "guardian"] as const) {
    const { address, privateKey } = await openKey(keystore, role, "test passphrase");
    addresses[role] = address;
    secrets.push(privateKey.slice(2));
    await client.setBalance({ address, value: parseEther("10") });
  }
  const refused = await run("neighbourhood deploy --name Street --currency 0x12");
  expect(refused.stderr).toContain('--currency is "0x12", expected an address');
  const roles = ["operator", "governor", "guardian"].flatMap((role) => [`--${role}`, addresses[role] ?? ""]);
  const deployed = parseDeployment(await says("neighbourhood deploy --name Street --currency demo", ...roles));
  const street = join(folder.folder, "street.json");
  expect(parseDeployment(readFileSync(street, "utf8"))).toEqual(deployed);
  expect(parseDeployment(await says("neighbourhood join --deployment", street))).toEqual(deployed);
  expect(await says("neighbourhood roles")).toContain(`operator: ${addresses["operator"] ?? ""}`);

  expect(await says("members admit --dry-run --account", OWNER)).not.toContain("transaction");
  expect(await says("members admit --account", OWNER)).toContain("becomes a member of Street");
  expect(await says("members admit --account", OWNER)).toContain("is a member already");
  const meter = ["--meter", "1", "--owner", OWNER, "--cap-wh", "5000", "--place", "AT-1010", "--source", "solar"];
  expect(await says("meters register", ...meter)).toContain("Meter 1 (home, solar, AT-1010) is registered");
  expect((await run("meters register", ...meter, "--unit-wh", "7")).stderr).toContain(
    '--unit-wh is "7", expected one of 1',
  );

  const registers = ["--import-register", "70", "--export-register", "5"];
  const { device, signature } = JSON.parse(await says("possession --meter 1", ...registers)) as Record<string, string>;
  const proof = ["--meter", "1", "--device", device ?? "", "--possession", signature ?? ""];
  expect(
    (await run("devices register", ...proof, "--import-register", "71", "--export-register", "5")).stderr,
  ).toContain("over meter 1, import register 71");
  expect(await says("devices register", ...proof, ...registers)).toContain("Meter 1 gets its device");
  expect(await says("devices list")).toContain(
    `1  ${device ?? ""}  active, secp256k1 key kept by the operator, registers 70 and 5`,
  );
  expect(await says("meters cap --meter 1 --cap-wh 6000")).toContain("at most 6000 Wh");
  expect(await says("meters list")).toContain(`1  home of ${OWNER}: trades by hand, at most 6000 Wh`);
  expect(await says("members list")).toBe(`${OWNER}  meters 1\n`);
  expect((await run("settings sharing --meter 1 --how community")).stderr).toContain("only the owner of meter 1");

  expect(await says("migrate plan")).toContain("Deploy the new neighbourhood");
  // The roles of the new contract are those of the old one: the deployer may do nothing there but give roles.
  expect((await run("migrate prepare --to next.json --key deployer")).stderr).toContain("does not have the role");
  expect(await says("migrate prepare --to next.json")).toContain("Meter 1 (home, solar, AT-1010) is registered");
  expect((await run("migrate move --to next.json --key guardian")).stderr).toMatch(/The contract refuses/u);
  expect(await says("migrate move --to next.json")).toContain("Meter 1 is closed for ever");
  expect(await says("migrate move --to next.json")).toBe("All meters have moved already.\n");
  expect(await says("migrate requests --to next.json --out to-sign.json")).toContain("0 to sign");
  expect((await run("migrate relay --to next.json --signed to-sign.json")).code).toBe(0);
  const check = await says("migrate check --to next.json");
  expect(check).toContain("1 of 1 meters have moved.");
  expect(check).not.toContain("Wrong:");
  expect(await says("devices revoke --meter 1")).toContain("is revoked already");

  for (const secret of secrets) expect(printed).not.toContain(secret);
  for (const file of filesIn(folder.folder).filter((name) => !name.includes("keystore"))) {
    const text = readFileSync(file, "latin1");
    for (const secret of secrets) expect(text.includes(secret), file).toBe(false);
  }
}, 600_000);

function filesIn(path: string): string[] {
  return readdirSync(path).flatMap((name) => {
    const inner = join(path, name);
    return statSync(inner).isDirectory() ? filesIn(inner) : [inner];
  });
}
