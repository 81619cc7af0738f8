import type { SignedProfile } from "@commonwatt/sdk/profile-signing";
import { expect } from "chai";

import { expectRefusal } from "./fixtures/refusal.ts";
import { announce, pastForcing, planOf, profilesOf, settle, settleHonestly, stateOf } from "./fixtures/settlement.ts";
import {
  registrationOf,
  SHARED_DAY,
  type Sharer,
  sharer,
  settlementStreet,
  type SettlementStreet,
} from "./fixtures/settlement-street.ts";
import { loadFixture, PLACE } from "./fixtures/street.ts";

const DAY = SHARED_DAY;
/** The bid makes the home the keenest buyer: were it in force, every price would be another one. */
const KEEN = { sharing: true, community: false, askTicks: 1, bidTicks: 60_000 };
const SELF = { sharing: false, community: false, askTicks: 0, bidTicks: 0 };

/** Everything a settler collects before it announces. */
async function collectedStreet() {
  const street = await settlementStreet();
  const profiles = await profilesOf(street);
  const { neighbourhood, currency, accounts } = street;
  for (const { address } of [accounts.bob, accounts.stranger]) await currency.mint(address, 1_000n);
  for (const payer of [accounts.bob, accounts.stranger]) {
    await currency.connect(payer).approve(await neighbourhood.getAddress(), 1_000n);
  }
  await neighbourhood.connect(accounts.bob).deposit(accounts.bob.address, 500n);
  return { ...street, profiles };
}

type Collected = Awaited<ReturnType<typeof collectedStreet>>;
type Outcome = "done" | readonly [error: string, ...values: unknown[]];
type LastSecondAction = {
  act: (open: Collected) => Promise<unknown>;
  /** Before the announcement. */
  before?: (open: Collected) => Outcome;
  /** While the window is open. */
  after?: (open: Collected, until: bigint) => Outcome;
  revokes?: boolean;
};

const done = (): Outcome => "done";
const standsStill =
  (of: (open: Collected) => Sharer) =>
  (open: Collected, until: bigint): Outcome => ["StandsStill", of(open).meter, DAY, until];

const ofHome = ({ home }: SettlementStreet): Sharer => home;

/** What members, and those who govern, may try at the last second. The home is the member's; it buys the most. */
const ACTIONS: Record<string, LastSecondAction> = {
  "a withdrawal": {
    act: ({ neighbourhood, accounts: { bob } }) => neighbourhood.connect(bob).withdraw(bob.address, 500n),
  },
  "a deposit": {
    act: ({ neighbourhood, accounts: { bob } }) => neighbourhood.connect(bob).deposit(bob.address, 500n),
  },
  "a deposit by somebody else": {
    act: ({ neighbourhood, accounts: { bob, stranger } }) =>
      neighbourhood.connect(stranger).deposit(bob.address, 1_000n),
  },
  funding: {
    act: ({ neighbourhood, home }) => neighbourhood.connect(home.owner).fundMeter(home.meter, 500n),
    after: standsStill(ofHome),
  },
  "taking all money off the meter": {
    act: ({ neighbourhood, home }) => neighbourhood.connect(home.owner).defundMeter(home.meter, 10_000_000n),
    after: standsStill(ofHome),
  },
  "a change of limits": {
    act: ({ neighbourhood, home }) => neighbourhood.connect(home.owner).setSettings(home.meter, KEEN),
  },
  leaving: {
    act: ({ neighbourhood, home }) => neighbourhood.connect(home.owner).setSettings(home.meter, SELF),
  },
  "being made to leave": {
    act: ({ neighbourhood, accounts, home }) => neighbourhood.connect(accounts.governor).endSharing(home.meter),
  },
  "another meter's joining": {
    act: async (open) => {
      const { neighbourhood, accounts } = open;
      const operated = neighbourhood.connect(accounts.operator);
      const { bob } = accounts;
      const of = sharer(bob, 107, {}, "newcomer");
      const registered = { kind: 0, source: 1, unitExponent: 0, capWh: 1_000, place: PLACE };
      await operated.registerMeter({ meter: of.meter, owner: bob.address, ...registered });
      await operated.registerDevice(registrationOf(open, of));
      await neighbourhood.connect(bob).setSettings(of.meter, KEEN);
    },
  },
  "applying changes that are not due": {
    act: ({ neighbourhood, home }) => neighbourhood.applyChanges([home.meter]),
    after: standsStill(ofHome),
  },
  "a rotation": {
    act: (open) => rotate(open, open.home),
  },
  "a revocation": {
    act: ({ neighbourhood, home }) => neighbourhood.connect(home.owner).revokeMyDevice(home.meter),
    revokes: true,
  },
  "a revocation by the guardian": {
    act: ({ neighbourhood, accounts, home }) => neighbourhood.connect(accounts.guardian).revokeDevice(home.meter),
    revokes: true,
  },
  "replacing a revoked device": {
    act: async (open) => {
      const { neighbourhood, home } = open;
      if ((await stateOf(open, home.device)).active) await neighbourhood.connect(home.owner).revokeMyDevice(home.meter);
      return rotate(open, home);
    },
    after: standsStill(ofHome),
    revokes: true,
  },
  "recording the day": {
    act: ({ neighbourhood, profiles, home }) => neighbourhood.record(profileIn(profiles, home)),
    before: ({ home }) => ["IsSharing", home.meter, DAY],
    after: ({ home }) => ["IsSharing", home.meter, DAY],
  },
  "handing the day in as late": {
    act: ({ neighbourhood, profiles, home }) => neighbourhood.late(profileIn(profiles, home)),
    before: () => ["DayStillOpen", DAY],
    after: standsStill(ofHome),
  },
  "a rebase": {
    act: ({ neighbourhood, accounts, home }) =>
      neighbourhood.connect(accounts.governor).rebaseRegisters(home.meter, 7n, 7n, "meter exchanged"),
    after: standsStill(ofHome),
  },
  "a lower cap": {
    act: ({ neighbourhood, accounts, home }) => neighbourhood.connect(accounts.governor).setCap(home.meter, 1),
    after: standsStill(ofHome),
  },
  closing: {
    act: ({ neighbourhood, accounts, home }) => neighbourhood.connect(accounts.operator).closeMeter(home.meter),
    after: standsStill(ofHome),
  },
  "another tariff": {
    act: ({ neighbourhood, accounts }) =>
      neighbourhood
        .connect(accounts.governor)
        .setTariff(DAY + 3, { communityPriceTicks: 9_000, networkChargeTicks: 9_000 }),
  },
  "forcing a profile that is announced": {
    act: ({ neighbourhood, profiles, home }) => neighbourhood.force(profileIn(profiles, home)),
    before: () => ["NoWindow", DAY],
    after: ({ home }) => ["AlreadyIncluded", home.meter, DAY],
  },
  "collecting the treasury": {
    act: ({ neighbourhood, accounts: { treasurer } }) =>
      neighbourhood.connect(treasurer).collectTreasury(treasurer.address),
  },
};

function profileIn(profiles: ReadonlyMap<Sharer, SignedProfile>, of: Sharer): SignedProfile {
  return profiles.get(of) ?? expect.fail(`no profile of ${of.meter}`);
}

async function rotate(open: Collected, of: Sharer): Promise<unknown> {
  const { neighbourhood, accounts } = open;
  const { importRegister, exportRegister } = await stateOf(open, of.device);
  const next = sharer(of.owner, of.meter, of, "next device");
  const registration = registrationOf(open, next, { importRegister, exportRegister });
  return neighbourhood.connect(accounts.operator).rotateDevice(registration);
}

async function expectOutcome({ neighbourhood }: Collected, acting: Promise<unknown>, outcome: Outcome): Promise<void> {
  if (outcome === "done") await acting;
  else await expectRefusal(acting, neighbourhood, ...outcome);
}

describe("settleDay, at the last second", () => {
  for (const [name, { act, before = done, after = done, revokes = false }] of Object.entries(ACTIONS)) {
    it(`settles what was collected before ${name}`, async () => {
      const open = await loadFixture(collectedStreet);
      const bitmap = await open.neighbourhood.seats();

      await expectOutcome(open, act(open), before(open));

      // The announcement still says what was known before.
      await open.neighbourhood.connect(open.accounts.announcer).announce(DAY, bitmap);
      await pastForcing(open);
      const { device } = await open.neighbourhood.meter(open.home.meter);
      const home = { ...open.home, device: device as Sharer["device"] };
      const profiles = new Map([...open.profiles].map(([of, profile]) => [of === open.home ? home : of, profile]));
      const announced = (await open.neighbourhood.announced()).bitmap;
      if (announced !== bitmap) profiles.delete(home);
      const { clearing } = await settleHonestly(open, DAY, { profiles });
      // All others take part, whatever the one did.
      expect(clearing.payments.length).to.be.at.least(open.sharers.length - 1);
      expect(clearing.clearedWh > 0n).to.equal(true);
    });

    it(`settles what was simulated before ${name} in the window`, async () => {
      const open = await loadFixture(collectedStreet);
      const { neighbourhood, sharers, home } = open;
      await announce(open, DAY, sharers);
      const { args, clearing } = await planOf(open, DAY, open);
      const { openedAt } = await neighbourhood.market();
      const until = openedAt + (await neighbourhood.closingWindowSeconds());
      const { balanceBaseUnits } = await stateOf(open, home.device);

      await expectOutcome(open, act(open), after(open, until));

      await pastForcing(open);
      await settle(open, args);
      const state = await stateOf(open, home.device);
      const payment =
        clearing.payments.find(({ meter }) => meter === home.meter)?.baseUnits ?? expect.fail("no payment");
      expect(state.balanceBaseUnits).to.equal(balanceBaseUnits - payment);
      expect([state.lastDay, state.active]).to.deep.equal([DAY, !revokes]);
    });
  }

  it("settles what was simulated before members queued one limit after the other in the window", async () => {
    const open = await loadFixture(collectedStreet);
    const { neighbourhood, sharers } = open;
    await announce(open, DAY, sharers);
    const { args } = await planOf(open, DAY, open);
    // A change that has not begun is replaced, and its pair given back: nobody can fill the list alone.
    for (let pair = 0; pair < 40; pair++) {
      const of = sharers[pair % sharers.length] ?? expect.fail("no meter");
      await neighbourhood.connect(of.owner).setSettings(of.meter, { ...KEEN, askTicks: pair });
    }
    // Two pairs in force, and one queued by each meter.
    expect((await neighbourhood.limitClasses()).length).to.equal(2 + sharers.length);
    await pastForcing(open);
    await settle(open, args);
    expect((await neighbourhood.market()).settledAt).to.not.equal(0n);
  });
});
