import { expect } from "chai";
import { ZeroAddress } from "ethers";

import { expectRefusal } from "./fixtures/refusal.ts";
import { addMeter, emptyStreet, HOME, loadFixture, SOLAR, street } from "./fixtures/street.ts";

/** An empty neighbourhood, driven by its operator. */
async function operated() {
  const open = await emptyStreet();
  return { ...open, operated: open.neighbourhood.connect(open.accounts.operator) };
}

describe("members", () => {
  it("are admitted", async () => {
    const { neighbourhood, operated: admitting, accounts } = await loadFixture(operated);
    const { alice, bob } = accounts;
    await expect(admitting.admitMember(alice.address)).to.emit(neighbourhood, "MemberAdmitted").withArgs(alice.address);
    expect(await neighbourhood.isMember(alice.address)).to.equal(true);
    expect(await neighbourhood.isMember(bob.address)).to.equal(false);
  });

  it("are admitted once", async () => {
    const { neighbourhood, operated: admitting, accounts } = await loadFixture(operated);
    const { address } = accounts.alice;
    await admitting.admitMember(address);
    await expectRefusal(admitting.admitMember(address), neighbourhood, "AlreadyMember", address);
  });

  it("are never the zero address", async () => {
    const { neighbourhood, operated: admitting } = await loadFixture(operated);
    await expectRefusal(admitting.admitMember(ZeroAddress), neighbourhood, "InvalidOwner", ZeroAddress);
  });

  it("leave, and may come back", async () => {
    const { neighbourhood, operated: admitting, accounts } = await loadFixture(operated);
    const { address } = accounts.alice;
    await admitting.admitMember(address);
    await expect(admitting.removeMember(address)).to.emit(neighbourhood, "MemberRemoved").withArgs(address);
    expect(await neighbourhood.isMember(address)).to.equal(false);
    await expectRefusal(admitting.removeMember(address), neighbourhood, "NotMember", address);
    await admitting.admitMember(address);
    expect(await neighbourhood.isMember(address)).to.equal(true);
  });

  it("stay as long as they own meters", async () => {
    const open = await loadFixture(operated);
    const { address } = open.accounts.alice;
    await addMeter(open, SOLAR, address);
    await addMeter(open, HOME, address);
    await expectRefusal(open.operated.removeMember(address), open.neighbourhood, "MemberOwnsMeters", address, 2);
  });

  it("may leave when all their meters are closed", async () => {
    const open = await loadFixture(operated);
    const { address } = open.accounts.alice;
    await addMeter(open, SOLAR, address);
    await addMeter(open, HOME, address);
    await open.operated.closeMeter(SOLAR);
    await expectRefusal(open.operated.removeMember(address), open.neighbourhood, "MemberOwnsMeters", address, 1);
    await open.operated.closeMeter(HOME);
    await expect(open.operated.removeMember(address)).to.emit(open.neighbourhood, "MemberRemoved");
  });

  it("alone may own meters", async () => {
    const { neighbourhood, accounts } = await loadFixture(street);
    const registration = {
      meter: 9,
      owner: accounts.stranger.address,
      kind: 0,
      source: 0,
      unitExponent: 0,
      capWh: 1,
      place: `0x41${"00".repeat(31)}`,
    };
    const registering = neighbourhood.connect(accounts.operator).registerMeter(registration);
    await expectRefusal(registering, neighbourhood, "NotMember", accounts.stranger.address);
  });
});
