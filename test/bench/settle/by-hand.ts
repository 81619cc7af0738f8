import { MaxUint256, type TransactionResponse } from "ethers";

import { dayEnd, FIRST_DAY, firstInterval, INTERVALS } from "../../fixtures/calendar.ts";
import type { House } from "../../fixtures/house.ts";
import { makeFill, makeOffer } from "../../fixtures/offers.ts";
import { encodeImports, type SignedProfile } from "../../fixtures/profiles.ts";
import { addDevice, addMeter, emptyStreet, loadFixture, time } from "../../fixtures/street.ts";
import type { Row } from "../row.ts";
import { type Energy, energyOf, type MeterDay } from "./energy.ts";

const METERS = 20;
const RECORD_BATCH = 10;
const MAX_PAYMENT = 1_000_000_000n;

type Purchases = Map<number, number[]>;

/** Who has to sell and who wants to buy how much, matched in their order; per buyer and seller 96 values in Wh. */
function match(days: readonly MeterDay[], sells: (index: number) => boolean): Map<number, Purchases> {
  const bought = new Map<number, Purchases>();
  for (let at = 0; at < INTERVALS; at++) {
    const offered = days.map((day, index) => (sells(index) ? (day.exports[at] ?? 0) : 0));
    for (const [buyer, { imports }] of days.entries()) {
      let wanted = sells(buyer) ? 0 : (imports[at] ?? 0);
      for (const [seller, left] of offered.entries()) {
        const energyWh = Math.min(wanted, left);
        if (energyWh === 0) continue;
        offered[seller] = left - energyWh;
        wanted -= energyWh;
        const purchases = bought.get(buyer) ?? new Map<number, number[]>();
        bought.set(buyer, purchases);
        const lane = purchases.get(seller) ?? new Array<number>(INTERVALS).fill(0);
        purchases.set(seller, lane);
        lane[at] = energyWh;
      }
    }
  }
  return bought;
}

/** The range of a day's values that are not 0. */
function span(lane: readonly number[]): { first: number; energyWh: number[] } {
  const first = lane.findIndex((wh) => wh > 0);
  const last = lane.findLastIndex((wh) => wh > 0);
  return { first: firstInterval(FIRST_DAY) + first, energyWh: lane.slice(first, last + 1) };
}

async function gasOf(sent: Promise<TransactionResponse>): Promise<number> {
  const receipt = await (await sent).wait();
  if (receipt === null) throw new Error("The transaction has no receipt.");
  return Number(receipt.gasUsed);
}

/**
 * What homes that share would pay for the same by hand: every meter-day recorded, its energy bought through the
 * marketplace by whoever has no roof, and used. The homes of one side have one owner, which changes no gas.
 */
export async function tradedByHand({ source, days }: Energy = energyOf(METERS)): Promise<Row[]> {
  const street = await loadFixture(emptyStreet);
  const { neighbourhood, marketplace, token, currency, accounts } = street;
  const { alice, bob } = accounts;
  const sells = (index: number): boolean => index % 2 === 0;
  const houses: House[] = [];
  for (const index of days.keys()) {
    await addMeter(street, index + 1, (sells(index) ? alice : bob).address);
    houses.push(await addDevice(street, index + 1, `by hand ${index}`));
  }
  await token.connect(alice).setApprovalForAll(await marketplace.getAddress(), true);
  await currency.mint(bob.address, MAX_PAYMENT);
  await currency.mint(alice.address, 1n);
  await currency.connect(bob).approve(await marketplace.getAddress(), MaxUint256);
  await time.increaseTo(dayEnd(FIRST_DAY) + 3_600);

  const profiles: SignedProfile[] = [];
  for (const [index, { imports, exports }] of days.entries()) {
    const house = houses[index];
    if (house !== undefined) profiles.push(await house.profile({ day: FIRST_DAY, imports, exports }));
  }
  let recordGas = 0;
  for (let from = 0; from < profiles.length; from += RECORD_BATCH) {
    recordGas += await gasOf(neighbourhood.recordMany(profiles.slice(from, from + RECORD_BATCH)));
  }

  let fillGas = 0;
  let retireGas = 0;
  let energyWh = 0;
  for (const [buyer, purchases] of match(days, sells)) {
    const lanes = [...purchases].map(([seller, lane]) => ({ meter: seller + 1, ...span(lane) }));
    const fills = await Promise.all(
      lanes.map(async (lane) =>
        makeFill(street, alice, await makeOffer(street, alice, lane.meter, FIRST_DAY), lane.first, lane.energyWh),
      ),
    );
    fillGas += await gasOf(marketplace.connect(bob).fillMany(fills, MAX_PAYMENT));
    retireGas += await gasOf(
      neighbourhood.connect(bob).retire({
        meter: buyer + 1,
        day: FIRST_DAY,
        remainingImports: encodeImports(days[buyer]?.imports ?? []),
        ranges: lanes.map(({ meter, first, energyWh: wh }) => ({ meter, firstInterval: first, energyWh: wh })),
      }),
    );
    energyWh += lanes.flatMap((lane) => lane.energyWh).reduce((sum, wh) => sum + wh, 0);
  }
  const gas = recordGas + fillGas + retireGas;
  const parts = { recordGas, fillGas, retireGas };
  return [
    {
      bench: "tradedByHand",
      meters: days.length,
      profiles: source,
      energyWh,
      gas,
      gasPerHouseholdDay: gas / days.length,
      ...parts,
    },
  ];
}
