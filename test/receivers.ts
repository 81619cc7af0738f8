import { expect } from "chai";

import { dayEnd, firstInterval, series, tokenId } from "./fixtures/calendar.ts";
import { PUPPET_DAY, PUPPET_METER, puppetStreet, REACTION } from "./fixtures/puppets.ts";
import { encodeImports, hashImports } from "./fixtures/profiles.ts";
import { addDevice, addMeter, ethers, loadFixture, SOLAR, time } from "./fixtures/street.ts";

const NO_ONE = ethers.ZeroAddress;

describe("a meter owned by a contract", () => {
  const first = tokenId(PUPPET_METER, firstInterval(PUPPET_DAY));

  it("is told of what was minted and keeps it", async () => {
    const { neighbourhood, token, house, puppet } = await loadFixture(puppetStreet);
    await neighbourhood.record(await house.profile({ day: PUPPET_DAY, exports: series(30) }));
    expect(await puppet.received()).to.equal(1n);
    expect(await token.balanceOf(puppet, first)).to.equal(30n);
  });

  for (const reaction of ["answerWrongly", "revert", "burnGas"] as const) {
    it(`that reacts with "${reaction}" makes record revert and recordMany skip only its profile`, async () => {
      const { neighbourhood, token, house, puppet, solar } = await loadFixture(puppetStreet);
      await puppet.react(REACTION[reaction], NO_ONE, "0x");
      const refused = await house.profile({ day: PUPPET_DAY, exports: series(30) });
      const good = await solar.profile({ day: PUPPET_DAY, exports: series(30) });

      await expect(neighbourhood.record(refused))
        .to.be.revertedWithCustomError(token, "ReceiverRefused")
        .withArgs(await puppet.getAddress());

      const reason = token.interface.encodeErrorResult("ReceiverRefused", [await puppet.getAddress()]);
      const sent = await neighbourhood.recordMany([refused, good]);
      await expect(sent).to.emit(neighbourhood, "ProfileSkipped").withArgs(0n, PUPPET_DAY, reason);
      await expect(sent).to.emit(neighbourhood, "ProfileRecorded");
      expect((await neighbourhood.deviceState(house.device.address)).lastDay).to.equal(PUPPET_DAY - 1);
      expect(await token.balanceOf(puppet, first)).to.equal(0n);
    });
  }

  it("costs a batch at most 100,000 gas when it burns all it gets", async () => {
    const { neighbourhood, house, puppet } = await loadFixture(puppetStreet);
    const profile = await house.profile({ day: PUPPET_DAY, exports: series(30, 0, 10) });
    const accepted = await neighbourhood.recordMany.estimateGas([profile]);
    await puppet.react(REACTION.burnGas, NO_ONE, "0x");
    const sent = await neighbourhood.recordMany([profile], { gasLimit: 16_000_000n });
    const receipt = await sent.wait();
    expect(receipt?.gasUsed ?? 0n).to.be.lessThan(accepted + 100_000n);
  });

  it("cannot record from inside its receiver hook", async () => {
    const { neighbourhood, house, puppet } = await loadFixture(puppetStreet);
    const empty = { day: 0, importRegister: 0, exportRegister: 0, quality: 0, intervals: "0x", signature: "0x" };
    const guarded = neighbourhood.interface.encodeErrorResult("ReentrancyGuardReentrantCall", []);
    for (const data of [
      neighbourhood.interface.encodeFunctionData("record", [empty]),
      neighbourhood.interface.encodeFunctionData("recordMany", [[]]),
    ]) {
      await puppet.react(REACTION.call, await neighbourhood.getAddress(), data);
      const day = Number((await neighbourhood.deviceState(house.device.address)).lastDay) + 1;
      await time.increaseTo(dayEnd(day) + 4_000);
      // A single export: what the puppet writes down must fit the receiver's gas.
      await neighbourhood.record(await house.profile({ day, exports: series(30, 0, 1) }));
      expect(await puppet.succeeded()).to.equal(false);
      expect(await puppet.result()).to.equal(guarded);
    }
  });

  it("can move what it was just given from inside its hook: everything is booked before it is told", async () => {
    const { neighbourhood, token, house, puppet, accounts } = await loadFixture(puppetStreet);
    const move = token.interface.encodeFunctionData("safeTransferFrom", [
      await puppet.getAddress(),
      accounts.bob.address,
      first,
      30n,
      "0x",
    ]);
    await puppet.react(REACTION.call, await token.getAddress(), move);
    await neighbourhood.record(await house.profile({ day: PUPPET_DAY, exports: series(30, 0, 1) }));
    expect(await puppet.succeeded()).to.equal(true);
    expect(await token.balanceOf(accounts.bob.address, first)).to.equal(30n);
    expect(await token.balanceOf(puppet, first)).to.equal(0n);
  });

  it("is not asked where nothing is exported", async () => {
    const { neighbourhood, house, puppet } = await loadFixture(puppetStreet);
    await puppet.react(REACTION.revert, NO_ONE, "0x");
    await expect(neighbourhood.record(await house.profile({ day: PUPPET_DAY, imports: series(3) }))).to.emit(
      neighbourhood,
      "ProfileRecorded",
    );
  });

  it("that is no receiver at all is named", async () => {
    const open = await loadFixture(puppetStreet);
    const owner = await open.currency.getAddress();
    await addMeter(open, 8, owner);
    const house = await addDevice(open, 8, "currency's device");
    await time.increaseTo(dayEnd(PUPPET_DAY + 1));
    await expect(open.neighbourhood.record(await house.profile({ day: PUPPET_DAY + 1, exports: series(1) })))
      .to.be.revertedWithCustomError(open.token, "ReceiverRefused")
      .withArgs(owner);
  });

  for (const [what, look] of [
    [
      "what is left of its imports",
      ({ neighbourhood, house }: PuppetStreet) => ({
        contract: neighbourhood,
        data: neighbourhood.interface.encodeFunctionData("remainingImportsHash", [PUPPET_METER, PUPPET_DAY]),
        answer: hashImports(PUPPET_DAY, encodeImports(series(3, 9, 1))),
        house,
      }),
    ],
    [
      "its balance",
      ({ token, house, wallet }: PuppetStreet) => ({
        contract: token,
        data: token.interface.encodeFunctionData("balanceOf", [wallet, first]),
        answer: token.interface.encodeFunctionResult("balanceOf", [30n]),
        house,
      }),
    ],
  ] as const) {
    it(`finds ${what} booked when it looks from inside its hook`, async () => {
      const open = await loadFixture(walletStreet);
      const { contract, data, answer, house } = look(open);
      await open.puppet.react(REACTION.call, await contract.getAddress(), data);
      const profile = await house.profile({ day: PUPPET_DAY, imports: series(3, 9, 1), exports: series(30, 0, 1) });
      await open.neighbourhood.record(profile);
      expect(await open.puppet.result()).to.equal(answer);
    });
  }
});

describe("a contract that is sent tokens", () => {
  it("may use them from inside its hook, once", async () => {
    const { neighbourhood, token, house, puppet, solar, accounts } = await loadFixture(puppetStreet);
    const imports = series(30, 0, 1);
    await neighbourhood.record(await house.profile({ day: PUPPET_DAY, imports }));
    await neighbourhood.record(await solar.profile({ day: PUPPET_DAY, exports: series(60, 0, 1) }));
    const { alice } = accounts;
    const ranges = [{ meter: SOLAR, firstInterval: firstInterval(PUPPET_DAY), energyWh: [30] }];
    const retirement = { meter: PUPPET_METER, day: PUPPET_DAY, remainingImports: encodeImports(imports), ranges };
    const { interface: abi } = neighbourhood;
    await puppet.react(REACTION.call, await neighbourhood.getAddress(), abi.encodeFunctionData("retire", [retirement]));
    const id = tokenId(SOLAR, firstInterval(PUPPET_DAY));
    const give = () => token.connect(alice).safeTransferFrom(alice.address, puppet, id, 30n, "0x");
    await give();
    expect(await puppet.succeeded()).to.equal(true);
    expect(await token.balanceOf(puppet, id)).to.equal(0n);
    await give();
    expect(await puppet.result()).to.equal(abi.encodeErrorResult("StaleRemainingImports", [PUPPET_METER, PUPPET_DAY]));
    expect(await token.balanceOf(puppet, id)).to.equal(30n);
  });
});

/** The puppet's street, after a first answer: what the puppet writes down from now on replaces words, which fits its gas. */
async function walletStreet() {
  const open = await puppetStreet();
  const { neighbourhood, token, puppet, solar, accounts } = open;
  await neighbourhood.record(await solar.profile({ day: PUPPET_DAY, exports: series(1, 0, 1) }));
  await puppet.react(REACTION.call, await token.getAddress(), token.interface.encodeFunctionData("neighbourhood"));
  const id = tokenId(SOLAR, firstInterval(PUPPET_DAY));
  await token.connect(accounts.alice).safeTransferFrom(accounts.alice.address, puppet, id, 1n, "0x");
  return { ...open, wallet: await puppet.getAddress() };
}

type PuppetStreet = Awaited<ReturnType<typeof walletStreet>>;
