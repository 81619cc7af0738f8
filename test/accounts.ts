import { expect } from "chai";
import { Signature, ZeroAddress } from "ethers";

import { GAS, expectRefusal } from "./fixtures/refusal.ts";
import { ACCOUNT, openWindow, pay, PREPAID, SHARED_DAY, sharingStreet } from "./fixtures/sharing.ts";
import { ethers, HOME, loadFixture, PLANT, type Signer, SOLAR, type Street, termsOf } from "./fixtures/street.ts";

const PERMIT_TYPES = {
  Permit: [
    { name: "owner", type: "address" },
    { name: "spender", type: "address" },
    { name: "value", type: "uint256" },
    { name: "nonce", type: "uint256" },
    { name: "deadline", type: "uint256" },
  ],
};

/** A permit of `owner` to the neighbourhood. */
async function permitOf({ currency, neighbourhood, domain }: Street, owner: Signer, value: bigint) {
  const deadline = 10_000_000_000n;
  const currencyDomain = { ...domain, name: await currency.name(), verifyingContract: await currency.getAddress() };
  const nonce = await currency.nonces(owner.address);
  const spender = await neighbourhood.getAddress();
  const content = { owner: owner.address, spender, value, nonce, deadline };
  const { v, r, s } = Signature.from(await owner.signTypedData(currencyDomain, PERMIT_TYPES, content));
  return { valueBaseUnits: value, deadline, v, r, s };
}

/** Held = accounts + prepaid + treasury = the currency's balance. */
async function expectSolvent({
  neighbourhood,
  currency,
  solar,
  home,
  accounts,
}: Awaited<ReturnType<typeof sharingStreet>>) {
  let sum = await neighbourhood.treasuryBalance();
  for (const { address } of Object.values(accounts)) sum += await neighbourhood.accountBalance(address);
  for (const { device } of [solar, home]) sum += (await neighbourhood.deviceState(device.address)).balanceBaseUnits;
  expect(await neighbourhood.heldBalance()).to.equal(sum);
  expect(await currency.balanceOf(neighbourhood)).to.equal(sum);
}

/** A neighbourhood that pays in a currency with a mind of its own; Bob holds some. */
async function hostile() {
  const open = await sharingStreet();
  const currency = await ethers.deployContract("HostileCurrency", [6]);
  const neighbourhood = await ethers.deployContract(
    "Neighbourhood",
    [
      await open.accessManager.getAddress(),
      await open.deviceRegistry.getAddress(),
      termsOf(await currency.getAddress()),
    ],
    { libraries: open.libraries },
  );
  await currency.mint(open.accounts.bob.address, 1_000n);
  await currency.connect(open.accounts.bob).approve(neighbourhood, 1_000n);
  return { ...open, currency, neighbourhood };
}

describe("accounts", () => {
  describe("deposit", () => {
    it("credits the account, also when another pays for it", async () => {
      const open = await loadFixture(sharingStreet);
      const { neighbourhood, currency, accounts } = open;
      const { bob, carol } = accounts;
      await currency.mint(bob.address, 70n);
      await currency.connect(bob).approve(neighbourhood, 70n);
      await expect(neighbourhood.connect(bob).deposit(carol.address, 70n))
        .to.emit(neighbourhood, "Deposited")
        .withArgs(carol.address, bob.address, 70n);
      expect(await neighbourhood.accountBalance(carol.address)).to.equal(70n);
      expect(await neighbourhood.accountBalance(bob.address)).to.equal(ACCOUNT);
      await expectSolvent(open);
    });

    it("of nothing, or for nobody, is refused", async () => {
      const { neighbourhood, accounts } = await loadFixture(sharingStreet);
      const paying = neighbourhood.connect(accounts.bob);
      await expectRefusal(paying.deposit(accounts.bob.address, 0), neighbourhood, "NothingToMove");
      await expectRefusal(paying.deposit(ZeroAddress, 1), neighbourhood, "InvalidOwner", ZeroAddress);
    });

    it("is refused where a balance of 56 bits might not hold what is held in all", async () => {
      const open = await loadFixture(sharingStreet);
      const { neighbourhood, accounts } = open;
      const limit = 2n ** 56n - 1n;
      const held = await neighbourhood.heldBalance();
      await expectRefusal(pay(open, accounts.bob, limit - held + 1n), neighbourhood, "TooMuchMoney", limit + 1n, limit);
      await pay(open, accounts.bob, limit - held);
      expect(await neighbourhood.heldBalance()).to.equal(limit);
    });

    it("is undone where the currency moved another amount", async () => {
      const { neighbourhood, currency, accounts } = await loadFixture(hostile);
      await currency.behave(3);
      const paying = neighbourhood.connect(accounts.bob).deposit(accounts.bob.address, 1_000n);
      await expectRefusal(paying, neighbourhood, "WrongAmountReceived", 900n, 1_000n);
      expect(await neighbourhood.heldBalance()).to.equal(0n);
    });

    it("cannot be entered again by the currency", async () => {
      const { neighbourhood, currency, accounts } = await loadFixture(hostile);
      const data = neighbourhood.interface.encodeFunctionData("withdraw", [accounts.bob.address, 1n]);
      await currency.plot(neighbourhood, data);
      await neighbourhood.connect(accounts.bob).deposit(accounts.bob.address, 1_000n);
      expect(await currency.succeeded()).to.equal(false);
      const again = neighbourhood.interface.getError("ReentrancyGuardReentrantCall");
      expect(await currency.result()).to.equal(again?.selector);
    });
  });

  describe("deposit with a permit", () => {
    it("needs no approval, and anyone may relay it", async () => {
      const open = await loadFixture(sharingStreet);
      const { neighbourhood, currency, accounts } = open;
      const { carol, stranger } = accounts;
      await currency.mint(carol.address, 90n);
      const permit = await permitOf(open, carol, 90n);
      await expect(neighbourhood.connect(stranger).depositWithPermit(carol.address, permit))
        .to.emit(neighbourhood, "Deposited")
        .withArgs(carol.address, carol.address, 90n);
    });

    it("of the account itself goes through where somebody used the permit before", async () => {
      const open = await loadFixture(sharingStreet);
      const { neighbourhood, currency, accounts } = open;
      const { carol, stranger } = accounts;
      await currency.mint(carol.address, 90n);
      const { valueBaseUnits, deadline, v, r, s } = await permitOf(open, carol, 90n);
      await currency.connect(stranger).permit(carol.address, neighbourhood, valueBaseUnits, deadline, v, r, s);
      await neighbourhood.connect(carol).depositWithPermit(carol.address, { valueBaseUnits, deadline, v, r, s });
      expect(await neighbourhood.accountBalance(carol.address)).to.equal(90n);
    });

    it("by another cannot spend an allowance without a permit of its own", async () => {
      const open = await loadFixture(sharingStreet);
      const { neighbourhood, currency, accounts } = open;
      const { carol, stranger } = accounts;
      await currency.mint(carol.address, 90n);
      await currency.connect(carol).approve(neighbourhood, 90n);
      const forged = { ...(await permitOf(open, stranger, 90n)), valueBaseUnits: 90n };
      const relaying = neighbourhood.connect(stranger).depositWithPermit(carol.address, forged);
      await expect(relaying).to.revert(ethers);
      expect(await currency.balanceOf(carol.address)).to.equal(90n);
    });
  });

  describe("withdraw", () => {
    it("pays out at any time, paused and while a window is open too", async () => {
      const open = await loadFixture(openWindow);
      const { neighbourhood, currency, accounts } = open;
      const { bob, carol, guardian } = accounts;
      await neighbourhood.connect(guardian).pause();
      await expect(neighbourhood.connect(bob).withdraw(carol.address, ACCOUNT))
        .to.emit(neighbourhood, "Withdrawn")
        .withArgs(bob.address, carol.address, ACCOUNT);
      expect(await currency.balanceOf(carol.address)).to.equal(ACCOUNT);
      await expectSolvent(open);
    });

    it("of more than there is, or of nothing, is refused", async () => {
      const { neighbourhood, accounts } = await loadFixture(sharingStreet);
      const { bob } = accounts;
      const withdrawing = neighbourhood.connect(bob).withdraw(bob.address, ACCOUNT + 1n);
      const values = [bob.address, ACCOUNT, ACCOUNT + 1n];
      await expectRefusal(withdrawing, neighbourhood, "InsufficientAccount", ...values);
      await expectRefusal(neighbourhood.connect(bob).withdraw(bob.address, 0), neighbourhood, "NothingToMove");
    });

    it("to the neighbourhood itself, where it would be nobody's, is refused", async () => {
      const { neighbourhood, accounts } = await loadFixture(sharingStreet);
      const itself = await neighbourhood.getAddress();
      for (const refused of [
        neighbourhood.connect(accounts.bob).withdraw(itself, 1),
        neighbourhood.connect(accounts.treasurer).collectTreasury(itself),
      ]) {
        await expectRefusal(refused, neighbourhood, "InvalidReceiver", itself);
      }
    });
  });

  describe("a meter's prepaid balance", () => {
    it("is funded from its owner's account and given back there", async () => {
      const open = await loadFixture(sharingStreet);
      const { neighbourhood, accounts, home } = open;
      const { bob } = accounts;
      await expect(neighbourhood.connect(bob).fundMeter(HOME, 5n))
        .to.emit(neighbourhood, "MeterFunded")
        .withArgs(HOME, bob.address, 5n);
      expect((await neighbourhood.deviceState(home.device.address)).balanceBaseUnits).to.equal(PREPAID + 5n);
      await expect(neighbourhood.connect(bob).defundMeter(HOME, PREPAID + 5n))
        .to.emit(neighbourhood, "MeterDefunded")
        .withArgs(HOME, bob.address, PREPAID + 5n);
      expect(await neighbourhood.accountBalance(bob.address)).to.equal(ACCOUNT + PREPAID);
      await expectSolvent(open);
    });

    it("is its owner's alone", async () => {
      const { neighbourhood, accounts } = await loadFixture(sharingStreet);
      const { alice, bob } = accounts;
      const values = [HOME, bob.address, alice.address];
      for (const move of ["fundMeter", "defundMeter"] as const) {
        await expectRefusal(neighbourhood.connect(alice)[move](HOME, 1), neighbourhood, "NotMeterOwner", ...values);
      }
    });

    it("takes and gives no more than there is, and never nothing", async () => {
      const { neighbourhood, accounts } = await loadFixture(sharingStreet);
      const { bob } = accounts;
      const moving = neighbourhood.connect(bob);
      const short = [HOME, PREPAID, PREPAID + 1n];
      await expectRefusal(moving.defundMeter(HOME, PREPAID + 1n), neighbourhood, "InsufficientMeterBalance", ...short);
      const poor = [bob.address, ACCOUNT, ACCOUNT + 1n];
      await expectRefusal(moving.fundMeter(HOME, ACCOUNT + 1n), neighbourhood, "InsufficientAccount", ...poor);
      await expectRefusal(moving.fundMeter(HOME, 0), neighbourhood, "NothingToMove");
      await expectRefusal(moving.defundMeter(HOME, 0), neighbourhood, "NothingToMove");
    });

    it("stands still while a window is open, if the meter shares", async () => {
      const { neighbourhood, accounts, closes } = await loadFixture(openWindow);
      for (const move of ["fundMeter", "defundMeter"] as const) {
        const moving = neighbourhood.connect(accounts.bob)[move](HOME, 1, GAS);
        await expectRefusal(moving, neighbourhood, "StandsStill", HOME, SHARED_DAY, closes);
      }
    });

    it("moves while a window is open, if the meter does not share", async () => {
      const open = await loadFixture(openWindow);
      const { neighbourhood, accounts, plant } = open;
      await pay(open, accounts.carol, 9n);
      await neighbourhood.connect(accounts.carol).fundMeter(PLANT, 9n);
      expect((await neighbourhood.deviceState(plant.device.address)).balanceBaseUnits).to.equal(9n);
      await neighbourhood.connect(accounts.carol).defundMeter(PLANT, 9n);
    });

    it("of a closed meter stays its owner's, who may have left", async () => {
      const open = await loadFixture(sharingStreet);
      const { neighbourhood, operated, currency, accounts } = open;
      const { alice } = accounts;
      await operated.closeMeter(SOLAR);
      await operated.removeMember(alice.address);
      await expectRefusal(neighbourhood.connect(alice).fundMeter(SOLAR, 1), neighbourhood, "MeterIsClosed", SOLAR);
      await neighbourhood.connect(alice).defundMeter(SOLAR, PREPAID);
      await neighbourhood.connect(alice).withdraw(alice.address, ACCOUNT + PREPAID);
      expect(await currency.balanceOf(alice.address)).to.equal(ACCOUNT + PREPAID);
      await expectSolvent(open);
    });

    it("moves with the meter to another device, and is free while the device is revoked", async () => {
      const { neighbourhood, accounts, home } = await loadFixture(sharingStreet);
      await neighbourhood.connect(accounts.bob).revokeMyDevice(HOME);
      await neighbourhood.connect(accounts.bob).defundMeter(HOME, 1n);
      expect((await neighbourhood.deviceState(home.device.address)).balanceBaseUnits).to.equal(PREPAID - 1n);
    });
  });

  it("leave nothing to collect where nothing was settled", async () => {
    const { neighbourhood, accounts } = await loadFixture(sharingStreet);
    const { treasurer } = accounts;
    await expect(neighbourhood.connect(treasurer).collectTreasury(treasurer.address))
      .to.emit(neighbourhood, "TreasuryCollected")
      .withArgs(treasurer.address, 0n);
  });
});
