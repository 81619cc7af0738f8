import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Deployment } from "@commonwatt/sdk/deployment";
import { neighbourhoodDomain } from "@commonwatt/sdk/domains";
import { demoEuroAbi } from "@commonwatt/sdk/generated/abis";
import { meterNumber } from "@commonwatt/sdk/ids";
import { deviceRegistrationTypedData } from "@commonwatt/sdk/profile-signing";
import { dayEnd, dayOf, dayStart } from "@commonwatt/sdk/time";
import hre from "hardhat";
import { bytesToHex, type LocalAccount } from "viem";
import { generatePrivateKey, type HDAccount, mnemonicToAccount, privateKeyToAccount } from "viem/accounts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { ROLES as DEPLOYED_ROLES } from "../../ignition/parts/roles.ts";
import type { Actor } from "../src/community/act.ts";
import { deployNeighbourhood } from "../src/community/deploy.ts";
import { registerDevice, revokeDevice, rotateDevice, rotationRegisters } from "../src/community/devices.ts";
import { checkDeployment, joinNeighbourhood } from "../src/community/join.ts";
import { findMeter, listMembers, listMeters } from "../src/community/look.ts";
import { admitMember, removeMember } from "../src/community/members.ts";
import { closeMeter, type NewMeter, rebaseRegisters, registerMeter, setCap } from "../src/community/meters.ts";
import { fundMeter } from "../src/community/money.ts";
import { type Community, openCommunity } from "../src/community/open.ts";
import { grantRole, listRoles, revokeRole, ROLE_IDS } from "../src/community/roles.ts";
import { COMMUNITY_PRICE, setSharing } from "../src/community/sharing.ts";
import { createOperator, MNEMONIC } from "./support/street-on-chain.ts";

const FIRST_DAY = dayOf(1_780_000_000);
const RPC = { timeoutSeconds: 60, behindBlocks: 5, stalledSeconds: 120 };

const account = (addressIndex: number): HDAccount => mnemonicToAccount(MNEMONIC, { addressIndex });
const [deployer, operator, governor, guardian, owner, announcer] = [0, 1, 2, 3, 4, 5].map(account) as [
  HDAccount,
  HDAccount,
  HDAccount,
  HDAccount,
  HDAccount,
  HDAccount,
];

let folder: string;
let server: Awaited<ReturnType<typeof hre.network.createServer>>;
let client: ReturnType<typeof createOperator>;
let access: { rpcUrls: string[]; rpc: typeof RPC; timing: { confirmations: number } };
let deployment: Deployment;
let community: Community;
const said: string[] = [];

const say = (line: string) => {
  said.push(line);
};
const as = (who: LocalAccount): Actor => ({ community, account: who, say });
const deployOptions = () => ({
  order: {
    name: "Test street",
    currency: "demo" as const,
    terms: { closingWindowSeconds: 10_800, communityPriceTicks: 1_400 },
    roles: { operator: operator.address, governor: governor.address, guardian: guardian.address },
  },
  rpcUrl: access.rpcUrls[0] ?? "",
  deployerKey: bytesToHex(deployer.getHdKey().privateKey ?? new Uint8Array()),
  folder: join(folder, "deploy"),
});

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "community-"));
  const override = { initialDate: new Date((dayStart(FIRST_DAY) + 3_600) * 1000).toISOString() };
  server = await hre.network.createServer({ network: "demo", override }, "127.0.0.1", 0);
  const { port } = await server.listen();
  access = { rpcUrls: [`http://127.0.0.1:${port}`], rpc: RPC, timing: { confirmations: 1 } };
  client = createOperator(`http://127.0.0.1:${port}`, "hardhat");
  deployment = await deployNeighbourhood(deployOptions(), say);
  community = await openCommunity(access, deployment);
}, 300_000);
afterAll(async () => {
  community.close();
  await server.close();
  rmSync(folder, { recursive: true });
});

const home: NewMeter = {
  meter: 7,
  owner: owner.address,
  kind: "home",
  source: "solar",
  unitExponent: 0,
  capWh: 5_000,
  place: "AT-1010",
};

async function deviceOf(meter: number, key = generatePrivateKey(), importRegister = 0n, exportRegister = 0n) {
  const device = privateKeyToAccount(key);
  const registers = { importRegister, exportRegister };
  const named = { device: device.address, meter: meterNumber(meter), ...registers };
  const possession = await device.signTypedData(deviceRegistrationTypedData(neighbourhoodDomain(deployment), named));
  return { ...named, possession, keyType: "secp256k1", custody: "gateway" } as const;
}

/** Hardhat's matchers take the place of Vitest's `rejects`. */
async function refusal(attempt: Promise<unknown>): Promise<string> {
  return attempt.then(
    () => "nothing was refused",
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
}

describe("a neighbourhood", () => {
  test("is deployed with its terms and roles, and again it is the same one", async () => {
    expect(deployment.name).toBe("Test street");
    const window = await client.readContract({ ...community.contract, functionName: "closingWindowSeconds" });
    expect(window).toBe(10_800n);
    const roles = await listRoles(community);
    expect(roles).toMatchObject({
      admin: [deployer.address],
      operator: [operator.address],
      governor: [governor.address],
      guardian: [guardian.address],
      treasurer: [deployer.address],
    });
    expect(await deployNeighbourhood(deployOptions(), say)).toEqual(deployment);
  });

  test("is joined from two addresses, and what does not belong to it is refused", async () => {
    const { name, chainId, neighbourhood, marketplace } = deployment;
    const found = await joinNeighbourhood(access, { name, chainId, neighbourhood, marketplace }, say);
    expect(found).toEqual({ ...deployment, deploymentBlock: found.deploymentBlock });
    expect(found.deploymentBlock).toBeGreaterThanOrEqual(deployment.deploymentBlock);
    expect(await checkDeployment(access, deployment, say)).toBe(deployment);
    expect(await refusal(checkDeployment(access, { ...deployment, token: marketplace }, say))).toMatch(
      `deployment: token is "${marketplace}", expected ${deployment.token}`,
    );
    expect(
      await refusal(joinNeighbourhood(access, { name, chainId, neighbourhood: deployment.token, marketplace }, say)),
    ).toMatch(/is "Commonwatt Energy", expected Commonwatt/u);
    expect(
      await refusal(joinNeighbourhood(access, { name, chainId, neighbourhood: owner.address, marketplace }, say)),
    ).toMatch(`neighbourhood is "${owner.address}", expected the address of a contract on chain 31337`);
    expect(await refusal(joinNeighbourhood(access, { ...deployment, chainId: 5 }, say))).toMatch("is on chain 31337");
  });

  test("knows the roles by the numbers that they are deployed with", () => {
    for (const { name, id } of DEPLOYED_ROLES) expect(ROLE_IDS[name]).toBe(id);
  });

  test("gives a role and takes it, once each", async () => {
    expect((await grantRole(as(deployer), "announcer", announcer.address)).already).toBe(false);
    expect((await grantRole(as(deployer), "announcer", announcer.address)).already).toBe(true);
    expect((await listRoles(community)).announcer).toContain(announcer.address);
    expect((await revokeRole(as(deployer), "announcer", announcer.address)).already).toBe(false);
    expect((await revokeRole(as(deployer), "announcer", announcer.address)).already).toBe(true);
  });
});

describe("members and meters", () => {
  test("nothing is sent by a dry run", async () => {
    const outcome = await admitMember({ ...as(operator), dryRun: true }, owner.address);
    expect(outcome.transactionHash).toBeUndefined();
    expect(said.at(-1)).toMatch(/^Would be done: .* becomes a member/u);
    expect(await listMembers(community)).toEqual([]);
  });

  test("what is so already is not done again", async () => {
    for (const already of [false, true]) {
      expect(await admitMember(as(operator), owner.address)).toMatchObject({ already });
      expect(await registerMeter(as(operator), home)).toMatchObject({ already });
    }
    expect(await listMembers(community)).toEqual([owner.address]);
    expect(await listMeters(community)).toMatchObject([{ meter: 7, owner: owner.address, capWh: 5_000 }]);
  });

  test("a number that is taken, a cap that does not fit and a stranger's key are refused with what was expected", async () => {
    expect(await refusal(registerMeter(as(operator), { ...home, unitExponent: 1 }))).toMatch(
      "Meter 7 is registered already, and not as it is given here: unitExponent is 0, not 1",
    );
    expect(await refusal(registerMeter(as(operator), { ...home, meter: 8, unitExponent: 1, capWh: 5_005 }))).toMatch(
      "capWh is 5005, expected a multiple of 10 from 10 to 327670",
    );
    expect(await refusal(registerMeter(as(operator), { ...home, meter: 8, owner: guardian.address }))).toMatch(
      /^Not done: .*The contract refuses: /u,
    );
    expect(await refusal(admitMember(as(owner), announcer.address))).toMatch(/The contract refuses: /u);
    expect(await refusal(removeMember(as(operator), owner.address))).toMatch(/have to be closed first: 7/u);
    expect(await refusal(setCap(as(governor), 9, 10))).toMatch("There is no meter 9 in Test street");
  });

  test("an account without ether is told how much it needs", async () => {
    const poor = privateKeyToAccount(generatePrivateKey());
    await grantRole(as(deployer), "operator", poor.address);
    await client.request({ method: "hardhat_setNextBlockBaseFeePerGas" as never, params: ["0x3b9aca00"] as never });
    expect(await refusal(admitMember(as(poor), announcer.address))).toMatch(/holds 0 ether, expected .* send it some/u);
    await revokeRole(as(deployer), "operator", poor.address);
  });
});

describe("devices", () => {
  test("a device needs its own proof, for its own meter and registers", async () => {
    const device = await deviceOf(7);
    expect(await refusal(registerDevice(as(operator), { ...device, importRegister: 5n }))).toMatch(
      /possession is .*, expected the signature of 0x/u,
    );
    for (const already of [false, true]) {
      expect(await registerDevice(as(operator), device)).toMatchObject({ already });
    }
    expect(await refusal(registerDevice(as(operator), await deviceOf(7)))).toMatch(
      "has the device " + device.device + ' already: replace it with "devices rotate"',
    );
  });

  test("a meter by hand changes its device at once, but not while days are missing on chain", async () => {
    const before = (await findMeter(community, 7))?.device;
    const next = await deviceOf(7);
    expect(await rotateDevice(as(operator), next)).toMatchObject({ already: false });
    expect(await rotateDevice(as(operator), next)).toMatchObject({ already: true });
    expect((await findMeter(community, 7))?.device).toBe(next.device);
    expect(before).not.toBe(next.device);
    await client.setNextBlockTimestamp({ timestamp: BigInt(dayEnd(FIRST_DAY) + 60) });
    await client.mine({ blocks: 1 });
    expect(await refusal(rotateDevice(as(operator), await deviceOf(7)))).toMatch("--even-unrecorded");
    const rebase = { meter: 7, importRegister: 40n, exportRegister: 5n, reason: "a new counter" };
    expect(await refusal(rebaseRegisters(as(governor), rebase))).toMatch("--even-unrecorded");
    expect(await refusal(rebaseRegisters(as(governor), { ...rebase, reason: " " }))).toMatch(
      "a sentence for the audit",
    );
    expect(await rebaseRegisters(as(governor), rebase, true)).toMatchObject({ already: false });
    expect(await rebaseRegisters(as(governor), rebase, true)).toMatchObject({ already: true });
    expect(await rotationRegisters(as(operator), 7)).toEqual({ importRegister: 40n, exportRegister: 5n });
  });

  test("a meter that shares changes its device tomorrow", async () => {
    await client.writeContract({
      address: deployment.currency,
      abi: demoEuroAbi,
      functionName: "mint",
      args: [owner.address, 9_000_000n],
    });
    expect(await refusal(setSharing(as(operator), 7, COMMUNITY_PRICE))).toMatch("only the owner of meter 7");
    for (const already of [false, true]) {
      expect(await fundMeter(as(owner), 7, 5_000_000n)).toMatchObject({ already });
      expect(await setSharing(as(owner), 7, COMMUNITY_PRICE)).toMatchObject({ already });
    }
    await client.setNextBlockTimestamp({ timestamp: BigInt(dayEnd(FIRST_DAY) + 86_400 * 8) });
    await client.mine({ blocks: 1 });
    await client.writeContract({ ...community.contract, functionName: "applyChanges", args: [[7]] });
    const { device: old } = (await findMeter(community, 7)) ?? {};
    const { importRegister, exportRegister } = await rotationRegisters(as(operator), 7);
    const next = await deviceOf(7, generatePrivateKey(), importRegister, exportRegister);
    expect((await rotateDevice(as(operator), next)).sentence).toContain("from tomorrow (UTC) on");
    expect(await rotateDevice(as(operator), next)).toMatchObject({ already: true });
    expect((await findMeter(community, 7))?.device).toBe(old);
  });

  test("a device is revoked once, by the guardian or the owner", async () => {
    for (const already of [false, true]) expect(await revokeDevice(as(guardian), 7)).toMatchObject({ already });
    for (const already of [false, true]) expect(await closeMeter(as(operator), 7)).toMatchObject({ already });
    expect(await removeMember(as(operator), owner.address)).toMatchObject({ already: false });
    expect(await removeMember(as(operator), owner.address)).toMatchObject({ already: true });
  });
});
