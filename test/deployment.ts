import { readFileSync } from "node:fs";

import { expect } from "chai";
import { artifacts, network } from "hardhat";

import Commonwatt from "../ignition/modules/Commonwatt.ts";
import DeviceRegistry from "../ignition/modules/DeviceRegistry.ts";
import HandOver from "../ignition/modules/HandOver.ts";
import Local from "../ignition/modules/Local.ts";
import { FIRST_DAY } from "./fixtures/calendar.ts";
import { expectRefusal } from "./fixtures/refusal.ts";
import { connection, emptyStreet, ethers, loadFixture, termsOf } from "./fixtures/street.ts";

type Parameters = { Commonwatt: Record<string, string | number | null> };

const EXAMPLE = JSON.parse(
  readFileSync(new URL("../ignition/parameters/public.example.json", import.meta.url), "utf8"),
) as Parameters;

/** Most bytes of a contract on a chain (EIP-170). */
const MAX_CODE_BYTES = 24_576;

/** A chain with registry and currency, and all parameters of the module for a public chain. The admin is the stranger. */
async function publicChain() {
  const { deviceRegistry, currency, accounts } = await loadFixture(emptyStreet);
  const parameters: Record<string, string | number> = {
    deviceRegistry: await deviceRegistry.getAddress(),
    currency: await currency.getAddress(),
    retirementWindowDays: 28,
    closingWindowSeconds: 7_200,
    communityPriceTicks: 1_500,
    networkChargeTicks: 0,
    admin: accounts.stranger.address,
    operator: accounts.operator.address,
    governor: accounts.governor.address,
    guardian: accounts.guardian.address,
    treasurer: accounts.treasurer.address,
    announcer: accounts.announcer.address,
  };
  return { accounts, parameters };
}

async function deployPublic(parameters: Record<string, string | number>) {
  const deployed = await connection.ignition.deploy(Commonwatt, { parameters: { Commonwatt: parameters } });
  return {
    accessManager: await ethers.getContractAt("AccessManager", await deployed.accessManager.getAddress()),
    neighbourhood: await ethers.getContractAt("Neighbourhood", await deployed.neighbourhood.getAddress()),
    marketplace: await ethers.getContractAt("Marketplace", await deployed.marketplace.getAddress()),
  };
}

/** Deploys neighbourhoods whose terms are the usual ones but for what a test changes. */
async function terms() {
  const open = await loadFixture(emptyStreet);
  const usual = termsOf(await open.currency.getAddress());
  const factory = await ethers.getContractFactory("Neighbourhood", { libraries: open.libraries });
  const [manager, registry] = [await open.accessManager.getAddress(), await open.deviceRegistry.getAddress()];
  const deployWith = (changes: Partial<typeof usual>, authority = manager, devices = registry) =>
    factory.deploy(authority, devices, { ...usual, ...changes });
  return { ...open, manager, registry, deployWith };
}

describe("deployment", () => {
  it("puts a whole local market on a chain, run by one account", async () => {
    await loadFixture(emptyStreet);
    const { neighbourhood, token, marketplace, currency, deviceRegistry, accessManager } =
      await connection.ignition.deploy(Local);
    const [everyone] = await ethers.getSigners();
    const read = (contract: typeof neighbourhood, name: string, ...args: unknown[]): Promise<unknown> =>
      contract.getFunction(name).staticCall(...args) as Promise<unknown>;
    expect(await read(neighbourhood, "token")).to.equal(await token.getAddress());
    expect(await read(neighbourhood, "deviceRegistry")).to.equal(await deviceRegistry.getAddress());
    expect(await read(neighbourhood, "authority")).to.equal(await accessManager.getAddress());
    expect(await read(marketplace, "authority")).to.equal(await accessManager.getAddress());
    expect(await read(marketplace, "neighbourhood")).to.equal(await neighbourhood.getAddress());
    expect(await read(marketplace, "token")).to.equal(await token.getAddress());
    expect(await read(marketplace, "currency")).to.equal(await currency.getAddress());
    expect(await read(token, "neighbourhood")).to.equal(await neighbourhood.getAddress());
    expect(await read(token, "retirementWindowDays")).to.equal(28n);
    expect(await read(currency, "decimals")).to.equal(6n);
    for (const role of [0n, 1n, 2n, 3n, 4n, 5n]) {
      expect(await read(accessManager, "hasRole", role, everyone?.address)).to.deep.equal([true, 0n]);
    }
  });

  it("gives each role of a public chain to who was named for it, and says what it is called", async () => {
    const { accounts, parameters } = await publicChain();
    const { accessManager } = await deployPublic(parameters);
    const { deployer, stranger, operator, governor, guardian, treasurer, announcer } = accounts;
    const holders = [stranger, operator, governor, guardian, treasurer, announcer];
    for (const role of holders.keys()) {
      for (const [index, holder] of holders.entries()) {
        const [isHolder] = await accessManager.hasRole(role, holder.address);
        expect(isHolder, `role ${role} of holder ${index}`).to.equal(role === index);
      }
      // Until the new admin takes it over, see the module HandOver.
      expect((await accessManager.hasRole(role, deployer.address))[0]).to.equal(role === 0);
    }
    const labels = await accessManager.queryFilter(accessManager.filters.RoleLabel());
    expect(labels.map(({ args }) => args.label).sort()).to.deep.equal([
      "announcer",
      "governor",
      "guardian",
      "operator",
      "treasurer",
    ]);
  });

  it("is handed over to the admin, who takes the deployer's role away", async () => {
    const { accounts, parameters } = await publicChain();
    const { accessManager } = await deployPublic(parameters);
    const { deployer, stranger } = accounts;
    await connection.ignition.deploy(HandOver, {
      parameters: { HandOver: { accessManager: await accessManager.getAddress(), deployer: deployer.address } },
      defaultSender: stranger.address,
    });
    expect((await accessManager.hasRole(0, deployer.address))[0]).to.equal(false);
    expect((await accessManager.hasRole(0, stranger.address))[0]).to.equal(true);
  });

  it("puts one device registry on a chain", async () => {
    const { deviceRegistry } = await connection.ignition.deploy(DeviceRegistry);
    expect(await ethers.provider.getCode(await deviceRegistry.getAddress())).to.not.equal("0x");
  });

  it("is refused with the example's parameters, as long as one is not filled in", async () => {
    const { parameters: filled } = await publicChain();
    expect(Object.keys(EXAMPLE.Commonwatt).sort()).to.deep.equal(Object.keys(filled).sort());
    const before = await ethers.provider.getBlockNumber();
    for (const [name, value] of Object.entries(EXAMPLE.Commonwatt)) {
      if (value !== null) continue;
      const parameters = { Commonwatt: { ...filled, [name]: null } };
      const deploying = connection.ignition.deploy(Commonwatt, { parameters: parameters as never });
      const refusal = await deploying.then(
        () => "nothing was refused",
        (error: unknown) => String(error),
      );
      expect(refusal).to.include(name);
    }
    expect(await ethers.provider.getBlockNumber()).to.equal(before);
  });

  it("puts the terms of the parameters in force", async () => {
    const { parameters } = await publicChain();
    const changed = { closingWindowSeconds: 21_600, communityPriceTicks: 1_200, networkChargeTicks: 345 };
    const { neighbourhood } = await deployPublic({ ...parameters, ...changed });
    expect(await neighbourhood.closingWindowSeconds()).to.equal(21_600n);
    expect(await neighbourhood.currency()).to.equal(parameters["currency"]);
    expect(await neighbourhood.tariffOf(FIRST_DAY)).to.deep.equal([1_200n, 345n]);
  });

  for (const days of [0, 31]) {
    it(`is refused with a retirement window of ${days} days`, async () => {
      const { token, deployWith } = await terms();
      await expectRefusal(deployWith({ retirementWindowDays: days }), token, "InvalidRetirementWindow", days, 30);
    });
  }

  for (const seconds of [7_199, 21_601]) {
    it(`is refused with a closing window of ${seconds} seconds`, async () => {
      const { neighbourhood, deployWith } = await terms();
      const deploying = deployWith({ closingWindowSeconds: seconds });
      await expectRefusal(deploying, neighbourhood, "InvalidClosingWindow", seconds, 7_200, 21_600);
    });
  }

  it("is refused for a community price whose bid does not fit", async () => {
    const { neighbourhood, deployWith } = await terms();
    const tariff = { communityPriceTicks: 65_000, networkChargeTicks: 536 };
    await expectRefusal(deployWith({ tariff }), neighbourhood, "CommunityPriceTooHigh", 65_000, 536, 65_535);
    await deployWith({ tariff: { communityPriceTicks: 65_000, networkChargeTicks: 535 } });
  });

  it("is refused for parts that have no code", async () => {
    const { neighbourhood, marketplace, accounts, manager, registry, deployWith } = await terms();
    const { address } = accounts.stranger;
    await expectRefusal(deployWith({}, address, registry), neighbourhood, "NotAContract", address);
    await expectRefusal(deployWith({}, manager, address), neighbourhood, "NotAContract", address);
    await expectRefusal(deployWith({ currency: address }), neighbourhood, "NotAContract", address);
    const Marketplace = await ethers.getContractFactory("Marketplace");
    const trading = Marketplace.deploy(await neighbourhood.getAddress(), address);
    await expectRefusal(trading, marketplace, "NotAContract", address);
  });

  it("is refused for a currency whose decimals are not the ones prices are stated in", async () => {
    const { neighbourhood, marketplace, deployWith } = await terms();
    const currency = await ethers.deployContract("HostileCurrency", [18]);
    const factory = await ethers.getContractFactory("Marketplace");
    const trading = factory.deploy(await neighbourhood.getAddress(), await currency.getAddress());
    await expectRefusal(trading, marketplace, "WrongCurrencyDecimals", 18, 6);
    const sharing = deployWith({ currency: await currency.getAddress() });
    await expectRefusal(sharing, neighbourhood, "WrongCurrencyDecimals", 18, 6);
  });

  it("is refused for play money on any but a local chain", async () => {
    const elsewhere = await network.create({ override: { chainId: 1 } });
    try {
      const factory = await elsewhere.ethers.getContractFactory("DemoEuro");
      await expectRefusal(factory.deploy(), { interface: factory.interface }, "NotALocalChain", 1);
    } finally {
      await elsewhere.close();
    }
  });

  it("fits every contract into what a chain takes", async () => {
    const { libraries } = await loadFixture(emptyStreet);
    const contracts = ["Neighbourhood", "EnergyToken", "Marketplace", "DeviceRegistry", "DemoEuro"];
    for (const name of [...contracts, ...Object.keys(libraries)]) {
      const { deployedBytecode } = await artifacts.readArtifact(name);
      expect((deployedBytecode.length - 2) / 2, name).to.be.at.most(MAX_CODE_BYTES);
    }
  });
});
