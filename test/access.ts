import { expect } from "chai";
import { FunctionFragment, type Interface } from "ethers";

import { ROLES } from "../ignition/parts/roles.ts";
import { FIRST_DAY } from "./fixtures/calendar.ts";
import { signRegistration } from "./fixtures/profiles.ts";
import { expectRefusal } from "./fixtures/refusal.ts";
import { COMMUNITY } from "./fixtures/sharing.ts";
import { HOME, key, loadFixture, PLACE, SOLAR, street } from "./fixtures/street.ts";

type Holder = "operator" | "governor" | "guardian" | "treasurer" | "announcer";
type Open = Awaited<ReturnType<typeof governedStreet>>;

/** A street with a registration at hand for a first device and for a next one. */
async function governedStreet() {
  const open = await street();
  const { neighbourhood, domain, accounts } = open;
  const meter = {
    meter: 9,
    owner: accounts.bob.address,
    kind: 0,
    source: 0,
    unitExponent: 0,
    capWh: 100,
    place: PLACE,
  };
  const opening = { importRegister: 1_000n, exportRegister: 500n };
  await neighbourhood.connect(accounts.operator).registerMeter({ ...meter, meter: 8 });
  return {
    ...open,
    meter,
    first: await signRegistration(key("first device"), domain, { meter: 8, ...opening }),
    next: await signRegistration(key("next device"), domain, { meter: HOME, ...opening }),
  };
}

/** Every governed call, whose it is, and how it is made. */
const GOVERNED: Record<string, [Holder, (open: Open, caller: Open["accounts"][Holder]) => Promise<unknown>]> = {
  admitMember: ["operator", ({ neighbourhood }, caller) => neighbourhood.connect(caller).admitMember(caller.address)],
  removeMember: [
    "operator",
    async ({ neighbourhood, accounts }, caller) => {
      await neighbourhood.connect(accounts.operator).admitMember(accounts.stranger.address);
      return neighbourhood.connect(caller).removeMember(accounts.stranger.address);
    },
  ],
  registerMeter: ["operator", ({ neighbourhood, meter }, caller) => neighbourhood.connect(caller).registerMeter(meter)],
  closeMeter: ["operator", ({ neighbourhood }, caller) => neighbourhood.connect(caller).closeMeter(HOME)],
  registerDevice: [
    "operator",
    ({ neighbourhood, first }, caller) => neighbourhood.connect(caller).registerDevice(first),
  ],
  rotateDevice: ["operator", ({ neighbourhood, next }, caller) => neighbourhood.connect(caller).rotateDevice(next)],
  setCap: ["governor", ({ neighbourhood }, caller) => neighbourhood.connect(caller).setCap(SOLAR, 100)],
  rebaseRegisters: [
    "governor",
    ({ neighbourhood }, caller) => neighbourhood.connect(caller).rebaseRegisters(SOLAR, 0, 0, "counter replaced"),
  ],
  revokeDevice: ["guardian", ({ neighbourhood }, caller) => neighbourhood.connect(caller).revokeDevice(SOLAR)],
  announce: ["announcer", ({ neighbourhood }, caller) => neighbourhood.connect(caller).announce(FIRST_DAY, 0)],
  endSharing: [
    "governor",
    async ({ neighbourhood, accounts }, caller) => {
      await neighbourhood.connect(accounts.bob).setSettings(HOME, COMMUNITY);
      return neighbourhood.connect(caller).endSharing(HOME);
    },
  ],
  allowSharing: [
    "governor",
    async ({ neighbourhood, accounts }, caller) => {
      await neighbourhood.connect(accounts.bob).setSettings(HOME, COMMUNITY);
      await neighbourhood.connect(accounts.governor).endSharing(HOME);
      return neighbourhood.connect(caller).allowSharing(HOME);
    },
  ],
  setTariff: [
    "governor",
    ({ neighbourhood }, caller) =>
      neighbourhood.connect(caller).setTariff(FIRST_DAY + 3, { communityPriceTicks: 1, networkChargeTicks: 1 }),
  ],
  pause: ["guardian", ({ neighbourhood }, caller) => neighbourhood.connect(caller).pause()],
  unpause: [
    "governor",
    async ({ neighbourhood, accounts }, caller) => {
      await neighbourhood.connect(accounts.guardian).pause();
      return neighbourhood.connect(caller).unpause();
    },
  ],
  collectTreasury: [
    "treasurer",
    ({ neighbourhood }, caller) => neighbourhood.connect(caller).collectTreasury(caller.address),
  ],
  scheduleNetworkCharge: [
    "governor",
    ({ marketplace }, caller) => marketplace.connect(caller).scheduleNetworkCharge(1, FIRST_DAY + 2),
  ],
  collectNetworkCharges: [
    "treasurer",
    ({ marketplace }, caller) => marketplace.connect(caller).collectNetworkCharges(caller.address),
  ],
};

/** Signatures of everything a contract can be asked. */
const functionsOf = (contract: { interface: Interface }): string[] =>
  contract.interface.fragments.filter((part) => part instanceof FunctionFragment).map((part) => part.format("sighash"));

describe("access", () => {
  for (const [name, [role, call]] of Object.entries(GOVERNED)) {
    it(`${name} is the ${role}'s`, async () => {
      const open = await loadFixture(governedStreet);
      await call(open, open.accounts[role]);
    });

    for (const other of ["operator", "governor", "guardian", "treasurer", "announcer", "stranger", "alice"] as const) {
      if (other === role) continue;
      it(`${name} is refused to ${other === "stranger" || other === "alice" ? other : `the ${other}`}`, async () => {
        const open = await loadFixture(governedStreet);
        const { address } = open.accounts[other];
        const calling = call(open, open.accounts[other]);
        await expectRefusal(calling, open.neighbourhood, "AccessManagedUnauthorized", address);
      });
    }
  }

  it("names every governed function of the contracts above", async () => {
    const { neighbourhood, marketplace } = await loadFixture(governedStreet);
    const named = ROLES.flatMap((role) => [...role.neighbourhood, ...role.marketplace]).map((signature) =>
      signature.slice(0, signature.indexOf("(")),
    );
    expect(named.sort()).to.deep.equal(Object.keys(GOVERNED).sort());
    for (const { neighbourhood: onNeighbourhood, marketplace: onMarketplace } of ROLES) {
      for (const signature of onNeighbourhood) expect(functionsOf(neighbourhood)).to.include(signature);
      for (const signature of onMarketplace) expect(functionsOf(marketplace)).to.include(signature);
    }
  });

  it("is handed on by the admin alone", async () => {
    const { accessManager, accounts } = await loadFixture(governedStreet);
    const { stranger, deployer } = accounts;
    const granting = accessManager.connect(stranger).grantRole(1n, stranger.address, 0);
    await expectRefusal(granting, accessManager, "AccessManagerUnauthorizedAccount", stranger.address, 0);
    await accessManager.connect(deployer).grantRole(1n, stranger.address, 0);
    expect(await accessManager.hasRole(1n, stranger.address)).to.deep.equal([true, 0n]);
  });

  it("moves with the authority, which only the authority itself can change", async () => {
    const { neighbourhood, accounts } = await loadFixture(governedStreet);
    const { deployer } = accounts;
    const moving = neighbourhood.connect(deployer).setAuthority(deployer.address);
    await expectRefusal(moving, neighbourhood, "AccessManagedUnauthorized", deployer.address);
  });
});
