import { expect } from "chai";
import { MaxUint256, ZeroAddress } from "ethers";

import { dayEnd, firstInterval, SECONDS_PER_DAY, series, tokenId } from "./fixtures/calendar.ts";
import { encodeIntervals, NOTHING, signRegistration } from "./fixtures/profiles.ts";
import { expectRefusal, GAS } from "./fixtures/refusal.ts";
import { emptyStreet, ethers, key, loadFixture, PLACE, PLANT, SOLAR, time } from "./fixtures/street.ts";
import { DAY, each, SUN_AT, SUN_COUNT, sunnyMarket, sunToken } from "./fixtures/trade.ts";

/** Kind of meter and source of its energy, by their numbers, which are the same here. */
const WORDS = [
  ["home", "unknown"],
  ["solar plant", "solar"],
  ["battery", "wind"],
  ["generator", "hydro"],
  ["charger", "biomass"],
  ["load", "storage"],
  ["grid tie", "mixed"],
] as const;
const CUSTODIES = ["operator", "gateway", "secure element"];

/** Alice's tokens, moved by Alice. */
async function holders() {
  const open = await sunnyMarket();
  const { token, plant, neighbourhood, accounts } = open;
  await neighbourhood.record(await plant.profile({ day: DAY, exports: series(7, 40, 2) }));
  const range = (energyWh: number[], first = SUN_AT, to = accounts.bob.address, from = accounts.alice.address) =>
    token.connect(accounts.alice).safeRangeTransferFrom(from, to, SOLAR, first, energyWh);
  return { ...open, alices: token.connect(accounts.alice), range };
}

/** A token whose neighbourhood is an account of the test, with a meter of Alice's. */
async function bareToken() {
  const { accounts } = await emptyStreet();
  const token = await ethers.deployContract("EnergyToken", [28], accounts.deployer);
  await token.admitIssuer(SOLAR, accounts.alice.address, 0);
  return { token, accounts };
}

describe("energy token", () => {
  it("is an ERC-1155 by ERC-165", async () => {
    const { token } = await loadFixture(holders);
    for (const [id, supported] of [
      ["0x01ffc9a7", true],
      ["0xd9b67a26", true],
      ["0x0e89341c", true],
      ["0xffffffff", false],
    ] as const) {
      expect(await token.supportsInterface(id)).to.equal(supported);
    }
  });

  it("lives until its retirement window closes, in every read and transfer", async () => {
    const { token, alices, accounts } = await loadFixture(holders);
    const { alice, bob } = accounts;
    const closesAt = dayEnd(DAY + 28);
    expect(await token.expiresAt(sunToken())).to.equal(closesAt);
    const give = () => alices.safeTransferFrom(alice.address, bob.address, sunToken(), 1n, "0x", GAS);
    await time.setNextBlockTimestamp(closesAt - 1);
    await give();
    expect(await token.balanceOf(alice.address, sunToken())).to.equal(99n);
    await time.setNextBlockTimestamp(closesAt);
    await expectRefusal(give(), token, "ERC1155InsufficientBalance", alice.address, 0, 1, sunToken());
    expect(await token.balanceOf(alice.address, sunToken())).to.equal(0n);
    expect(await token.balanceOfBatch([bob.address], [sunToken()])).to.deep.equal([0n]);
    expect(await token.balanceOfRange(alice.address, SOLAR, SUN_AT, 2)).to.deep.equal([0n, 0n]);
  });

  it("cannot be moved in a range once it has expired", async () => {
    const { token, range, accounts } = await loadFixture(holders);
    await time.increaseTo(dayEnd(DAY + 28));
    for (const energyWh of [[1], [1, 1]]) {
      const moving = range(energyWh);
      await expectRefusal(moving, token, "ERC1155InsufficientBalance", accounts.alice.address, 0, 1, sunToken());
    }
  });

  describe("ids", () => {
    for (const [name, id] of [
      ["beyond 64 bits", (1n << 64n) | sunToken()],
      ["of the last meter there could be", MaxUint256],
    ] as const) {
      it(`${name} read 0 and cannot move`, async () => {
        const { token, alices, accounts } = await loadFixture(holders);
        const { alice, bob } = accounts;
        expect(await token.balanceOf(alice.address, id)).to.equal(0n);
        expect(await token.expiresAt(id)).to.equal(0n);
        expect(await token.uri(id)).to.equal("");
        const moving = alices.safeTransferFrom(alice.address, bob.address, id, 1n, "0x");
        await expectRefusal(moving, token, "ERC1155InsufficientBalance", alice.address, 0, 1, id);
      });
    }

    it("of days beyond 16 bits read 0 and never expire, since nothing is there", async () => {
      const { token, accounts } = await loadFixture(holders);
      const id = tokenId(SOLAR, 65_536 * 96);
      expect(await token.balanceOf(accounts.alice.address, id)).to.equal(0n);
      expect(await token.expiresAt(id)).to.equal(0n);
      expect(await token.expiresAt(tokenId(SOLAR, 65_536 * 96 - 1))).to.equal(65_564 * SECONDS_PER_DAY);
      expect(await token.uri(id)).to.equal("");
    });

    it("whose day shares a place in the ring with a recorded one read 0", async () => {
      const { token, accounts } = await loadFixture(holders);
      for (const turns of [-1, 1, 8_192]) {
        const id = sunToken(turns * 32 * 96);
        expect(await token.balanceOf(accounts.alice.address, id)).to.equal(0n);
      }
    });
  });

  describe("transfers", () => {
    it("of one interval and of many move the same", async () => {
      const { token, alices, accounts } = await loadFixture(holders);
      const { alice, bob } = accounts;
      const ids = [sunToken(9), sunToken(0), sunToken(0)];
      await alices.safeBatchTransferFrom(alice.address, bob.address, ids, [1n, 2n, 3n], "0x");
      await alices.safeTransferFrom(alice.address, bob.address, sunToken(9), 4n, "0x");
      const accountsOf = [bob.address, bob.address, alice.address, alice.address];
      const balances = await token.balanceOfBatch(accountsOf, [sunToken(0), sunToken(9), sunToken(0), sunToken(9)]);
      expect(balances).to.deep.equal([5n, 5n, 95n, 95n]);
    });

    it("to oneself change nothing", async () => {
      const { token, alices, range, accounts } = await loadFixture(holders);
      const { address } = accounts.alice;
      await alices.safeTransferFrom(address, address, sunToken(), 60n, "0x");
      await range(each(60), SUN_AT, address);
      expect(await token.balanceOfRange(address, SOLAR, SUN_AT, SUN_COUNT)).to.deep.equal(each(100).map(BigInt));
    });

    it("beyond the balance are refused with balance and id", async () => {
      const { token, alices, accounts } = await loadFixture(holders);
      const { alice, bob } = accounts;
      const once = alices.safeTransferFrom(alice.address, bob.address, sunToken(), 101n, "0x");
      await expectRefusal(once, token, "ERC1155InsufficientBalance", alice.address, 100, 101, sunToken());
      const twice = alices.safeBatchTransferFrom(
        alice.address,
        bob.address,
        [sunToken(), sunToken()],
        [60n, 60n],
        "0x",
      );
      await expectRefusal(twice, token, "ERC1155InsufficientBalance", alice.address, 40, 60, sunToken());
      const huge = alices.safeTransferFrom(alice.address, bob.address, sunToken(), MaxUint256, "0x");
      await expectRefusal(huge, token, "ERC1155InsufficientBalance", alice.address, 100, MaxUint256, sunToken());
    });

    it("need an approval", async () => {
      const { token, accounts } = await loadFixture(holders);
      const { alice, bob } = accounts;
      const bobs = token.connect(bob);
      for (const moving of [
        bobs.safeTransferFrom(alice.address, bob.address, sunToken(), 1n, "0x"),
        bobs.safeBatchTransferFrom(alice.address, bob.address, [sunToken()], [1n], "0x"),
        bobs.safeRangeTransferFrom(alice.address, bob.address, SOLAR, SUN_AT, [1]),
      ]) {
        await expectRefusal(moving, token, "ERC1155MissingApprovalForAll", bob.address, alice.address);
      }
      await token.connect(alice).setApprovalForAll(bob.address, true);
      await bobs.safeRangeTransferFrom(alice.address, bob.address, SOLAR, SUN_AT, [1]);
      expect(await token.balanceOf(bob.address, sunToken())).to.equal(1n);
    });

    it("are not anybody's: the zero address is no operator", async () => {
      const { token, alices } = await loadFixture(holders);
      await expectRefusal(alices.setApprovalForAll(ZeroAddress, true), token, "ERC1155InvalidOperator", ZeroAddress);
    });

    it("are for receivers and senders that exist", async () => {
      const { token, alices, range, accounts } = await loadFixture(holders);
      const { alice } = accounts;
      for (const moving of [
        alices.safeTransferFrom(alice.address, ZeroAddress, sunToken(), 1n, "0x"),
        range([1], SUN_AT, ZeroAddress),
      ]) {
        await expectRefusal(moving, token, "ERC1155InvalidReceiver", ZeroAddress);
      }
      const nobodys = range([1], SUN_AT, alice.address, ZeroAddress);
      await expectRefusal(nobodys, token, "ERC1155MissingApprovalForAll", alice.address, ZeroAddress);
    });

    it("want as many ids as amounts, and as many accounts as ids", async () => {
      const { token, alices, accounts } = await loadFixture(holders);
      const { alice, bob } = accounts;
      const moving = alices.safeBatchTransferFrom(alice.address, bob.address, [sunToken()], [1n, 1n], "0x");
      await expectRefusal(moving, token, "ERC1155InvalidArrayLength", 1, 2);
      const asking = token.balanceOfBatch([alice.address], [sunToken(), sunToken()]);
      await expectRefusal(asking, token, "ERC1155InvalidArrayLength", 2, 1);
    });

    it("are refused by a contract that is no receiver", async () => {
      const { token, alices, range, currency, accounts } = await loadFixture(holders);
      const receiver = await currency.getAddress();
      for (const moving of [
        alices.safeTransferFrom(accounts.alice.address, receiver, sunToken(), 1n, "0x"),
        alices.safeBatchTransferFrom(accounts.alice.address, receiver, [sunToken(), sunToken(1)], [1n, 1n], "0x"),
        range([1], SUN_AT, receiver),
        range([1, 1], SUN_AT, receiver),
      ]) {
        await expectRefusal(moving, token, "ERC1155InvalidReceiver", receiver);
      }
    });

    it("of a meter that counts in 10 Wh are multiples of 10 Wh", async () => {
      const { token, accounts } = await loadFixture(holders);
      const { carol, bob } = accounts;
      const carols = token.connect(carol);
      const id = sunToken(0, PLANT);
      const once = carols.safeTransferFrom(carol.address, bob.address, id, 15n, "0x");
      await expectRefusal(once, token, "NotMultipleOfUnit", id, 15, 10);
      const range = carols.safeRangeTransferFrom(carol.address, bob.address, PLANT, SUN_AT, [10, 15]);
      await expectRefusal(range, token, "NotMultipleOfUnit", sunToken(1, PLANT), 15, 10);
      await carols.safeRangeTransferFrom(carol.address, bob.address, PLANT, SUN_AT, [10, 20]);
      expect(await token.balanceOfRange(bob.address, PLANT, SUN_AT, 2)).to.deep.equal([10n, 20n]);
      // What a buyer got keeps the unit.
      const onwards = token.connect(bob).safeTransferFrom(bob.address, carol.address, sunToken(1, PLANT), 5n, "0x");
      await expectRefusal(onwards, token, "NotMultipleOfUnit", sunToken(1, PLANT), 5, 10);
    });
  });

  describe("ranges", () => {
    it("leave out intervals with 0 Wh", async () => {
      const { token, range, accounts } = await loadFixture(holders);
      const { alice, bob } = accounts;
      await expect(range([0, 5, 0]))
        .to.emit(token, "TransferSingle")
        .withArgs(alice.address, alice.address, bob.address, sunToken(1), 5n);
      await expect(range([1, 0, 2]))
        .to.emit(token, "TransferBatch")
        .withArgs(alice.address, alice.address, bob.address, [sunToken(0), sunToken(2)], [1n, 2n]);
    });

    it("have at least one interval and at most a day's", async () => {
      const { token, range } = await loadFixture(holders);
      await expectRefusal(range([]), token, "EmptyRange");
      await expectRefusal(range(each(0, 97)), token, "RangeTooLong", 97, 96);
      await range(each(0, 96));
    });

    it("may cross midnight", async () => {
      const { neighbourhood, token, solar, range, accounts } = await loadFixture(holders);
      await time.increaseTo(dayEnd(DAY + 2));
      const midnight = firstInterval(DAY + 2);
      await neighbourhood.record(await solar.profile({ day: DAY + 1, exports: series(8, 94, 2) }));
      await neighbourhood.record(await solar.profile({ day: DAY + 2, exports: series(9, 0, 2) }));
      await range([1, 2, 3, 4], midnight - 2);
      const moved = await token.balanceOfRange(accounts.bob.address, SOLAR, midnight - 3, 6);
      expect(moved).to.deep.equal([0n, 1n, 2n, 3n, 4n, 0n]);
    });

    it("end with the last interval there could be", async () => {
      const { token, range, accounts } = await loadFixture(holders);
      const end = 2 ** 32 - 1;
      const moving = range([1, 1], end);
      await expectRefusal(
        moving,
        token,
        "ERC1155InsufficientBalance",
        accounts.alice.address,
        0,
        1,
        tokenId(SOLAR, end),
      );
    });

    it("are read over 32 days at most", async () => {
      const { token, accounts } = await loadFixture(holders);
      const { address } = accounts.alice;
      const balances = await token.balanceOfRange(address, SOLAR, firstInterval(DAY) - 100, 3_072);
      expect(balances.reduce((sum, energyWh) => sum + energyWh)).to.equal(1_000n);
      expect(await token.balanceOfRange(address, SOLAR, SUN_AT, 0)).to.deep.equal([]);
      await expectRefusal(token.balanceOfRange(address, SOLAR, SUN_AT, 3_073), token, "RangeTooLong", 3_073, 3_072);
    });
  });

  describe("certificates", () => {
    it("carry issuer, meter, place, source and quarter-hour", async () => {
      const { token, neighbourhood } = await loadFixture(holders);
      const [prefix, body] = (await token.uri(sunToken(3))).split(",");
      expect(prefix).to.equal("data:application/json;base64");
      const start = (SUN_AT + 3) * 900;
      expect(JSON.parse(Buffer.from(body ?? "", "base64").toString("utf8"))).to.deep.equal({
        name: `Energy of meter ${SOLAR}, interval ${SUN_AT + 3}`,
        description: "One unit is 1 Wh that the metering point delivered in this quarter-hour.",
        decimals: 0,
        properties: {
          issuer: await neighbourhood.getAddress(),
          token: await token.getAddress(),
          chainId: 31_337,
          meter: SOLAR,
          intervalStart: start,
          intervalEnd: start + 900,
          expiresAt: dayEnd(DAY + 28),
          unitWh: 1,
          place: "AT-1210",
          energySource: "solar",
          meterKind: "home",
          deviceCustody: "gateway",
        },
      });
    });

    it("are valid JSON whatever the place is called", async () => {
      const { token, neighbourhood, accounts } = await loadFixture(holders);
      const place = 'A "place" \\ here';
      await neighbourhood.connect(accounts.operator).registerMeter({
        meter: 60,
        owner: accounts.bob.address,
        kind: 6,
        source: 6,
        unitExponent: 2,
        capWh: 100,
        place: ethers.encodeBytes32String(place),
      });
      const [, body] = (await token.uri(tokenId(60, SUN_AT))).split(",");
      const certificate = JSON.parse(Buffer.from(body ?? "", "base64").toString("utf8")) as Certificate;
      const { meterKind, energySource, deviceCustody, unitWh } = certificate.properties;
      expect(certificate.properties.place).to.equal(place);
      expect([meterKind, energySource, deviceCustody, unitWh]).to.deep.equal(["grid tie", "mixed", "operator", 100]);
    });

    it("have a word for every kind of meter, source and custody of the key", async () => {
      const open = await loadFixture(emptyStreet);
      const operated = open.neighbourhood.connect(open.accounts.operator);
      await operated.admitMember(open.accounts.bob.address);
      for (const [index, words] of WORDS.entries()) {
        const meter = 1 + index;
        await operated.registerMeter({
          meter,
          owner: open.accounts.bob.address,
          kind: index,
          source: index,
          unitExponent: 0,
          capWh: 100,
          place: PLACE,
        });
        const custody = index % 3;
        const device = { meter, importRegister: 0, exportRegister: 0, custody };
        await operated.registerDevice(await signRegistration(key(`device ${meter}`), open.domain, device));
        const [, body] = (await open.token.uri(tokenId(meter, SUN_AT))).split(",");
        const { properties } = JSON.parse(Buffer.from(body ?? "", "base64").toString("utf8")) as Certificate;
        const { meterKind, energySource, deviceCustody } = properties;
        expect([meterKind, energySource, deviceCustody]).to.deep.equal([...words, CUSTODIES[custody]]);
      }
    });

    it("do not exist for a meter that does not", async () => {
      const { token } = await loadFixture(holders);
      expect(await token.uri(tokenId(99, SUN_AT))).to.equal("");
    });
  });

  describe("minting and burning", () => {
    it("are the neighbourhood's alone", async () => {
      const { token, accounts } = await loadFixture(holders);
      const { stranger, alice } = accounts;
      const strangers = token.connect(stranger);
      for (const call of [
        strangers.admitIssuer(99, stranger.address, 0),
        strangers.mintDay(SOLAR, DAY, encodeIntervals(NOTHING, series(1))),
        strangers.burnRange(alice.address, SOLAR, SUN_AT, [1]),
      ]) {
        await expectRefusal(call, token, "NotNeighbourhood", stranger.address);
      }
    });

    it("never touch an expired day, whose place a living one has", async () => {
      const { token } = await loadFixture(bareToken);
      const exports = encodeIntervals(NOTHING, series(1));
      await time.setNextBlockTimestamp(dayEnd(DAY + 28));
      const minting = token.mintDay(SOLAR, DAY, exports, GAS);
      await expectRefusal(minting, token, "RetirementWindowClosed", DAY, dayEnd(DAY + 28));
      await token.mintDay(SOLAR, DAY + 1, exports);
    });

    it("burn at least one interval and at most a day's", async () => {
      const { token, accounts } = await loadFixture(bareToken);
      const { alice } = accounts;
      await expectRefusal(token.burnRange(alice.address, SOLAR, SUN_AT, []), token, "EmptyRange");
      const long = token.burnRange(alice.address, SOLAR, SUN_AT, each(0, 97));
      await expectRefusal(long, token, "RangeTooLong", 97, 96);
      const none = token.burnRange(alice.address, SOLAR, SUN_AT, [1]);
      await expectRefusal(none, token, "ERC1155InsufficientBalance", alice.address, 0, 1, sunToken());
    });
  });
});

type Certificate = {
  properties: { place: string; meterKind: string; energySource: string; deviceCustody: string; unitWh: number };
};
