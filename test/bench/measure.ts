import type { TransactionResponse } from "ethers";

import { dayEnd, firstInterval, FIRST_DAY, series } from "../fixtures/calendar.ts";
import { makeFill, makeOffer } from "../fixtures/offers.ts";
import { encodeImports } from "../fixtures/profiles.ts";
import { ethers, HOME, loadFixture, market, SOLAR, time } from "../fixtures/street.ts";
import type { Row } from "./row.ts";
import { measureSmallSettlements } from "./settle/measure.ts";

const MAX_PAYMENT = 1_000_000_000n;
/** Ten hours of sun around solar noon in Central Europe (11:00 UTC), import before and after it. */
const SUN_FROM = 24;
const SUN = 40;
/** Where the same ten hours touch one storage word more. */
const WORST_FROM = 28;
const exportsFrom = (first: number) =>
  series(0).map((_, i) => (i >= first && i < first + SUN ? 300 + 7 * (i - first) : 0));
const importsAround = (first: number) => series(0).map((_, i) => (i >= first && i < first + SUN ? 0 : 90 + (i % 50)));
const EXPORTS = exportsFrom(SUN_FROM);
const IMPORTS = importsAround(SUN_FROM);

async function gasOf(sent: Promise<TransactionResponse>): Promise<number> {
  const receipt = await (await sent).wait();
  if (receipt === null) throw new Error("The transaction has no receipt.");
  return Number(receipt.gasUsed);
}

async function recordMint(bench: string, first: number): Promise<Row[]> {
  const { neighbourhood, solar } = await loadFixture(market);
  const rows: Row[] = [];
  // The ring has 32 days: the first turn writes new words, the same days of the second turn reuse them.
  const turns = [
    ["new", FIRST_DAY],
    ["reused", FIRST_DAY + 32],
  ] as const;
  for (const [words, day] of turns) {
    await time.increaseTo(dayEnd(day) + 7_200);
    const wholeGas = await gasOf(
      neighbourhood.record(
        await solar.profile({ day, imports: importsAround(first), exports: exportsFrom(first), lostImport: 3 }),
      ),
    );
    rows.push({ bench, words, intervals: SUN, gas: wholeGas / SUN, wholeGas });
  }
  return rows;
}

/** Buyer and seller both hold energy of that day and money before the fill. */
async function trade() {
  const open = await loadFixture(market);
  const { neighbourhood, marketplace, solar, home, accounts } = open;
  const imports = series(200, 0, 96);
  await neighbourhood.record(await solar.profile({ day: FIRST_DAY, imports: IMPORTS, exports: EXPORTS }));
  await neighbourhood.record(await home.profile({ day: FIRST_DAY, imports }));
  await open.currency.mint(accounts.alice.address, 1_000_000n);
  const offer = await makeOffer(open, accounts.alice, SOLAR, FIRST_DAY);
  const first = firstInterval(FIRST_DAY) + SUN_FROM;
  const fillOf = (count: number, wh: number, changes = {}) =>
    makeFill(open, accounts.alice, { ...offer, ...changes }, first, new Array<number>(count).fill(wh));
  await marketplace.connect(accounts.bob).fill(await fillOf(SUN, 10), MAX_PAYMENT);
  return { ...open, imports, first, fillOf };
}

async function fill(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const intervals of [1, 40]) {
    const { marketplace, accounts, fillOf } = await trade();
    const buy = async (changes = {}) =>
      gasOf(marketplace.connect(accounts.bob).fill(await fillOf(intervals, 12, changes), MAX_PAYMENT));
    rows.push({ bench: "fill", intervals, gas: await buy() });
    await buy({ maxWh: 100_000n, nonce: 2n });
    rows.push({ bench: "fill", intervals, maxWh: 100_000, gas: await buy({ maxWh: 100_000n, nonce: 2n }) });
  }
  return rows;
}

async function fillWithCharge(): Promise<Row[]> {
  const { marketplace, accounts, currency, fillOf } = await trade();
  await marketplace.connect(accounts.governor).scheduleNetworkCharge(200, FIRST_DAY + 2);
  await time.increaseTo(dayEnd(FIRST_DAY + 1));
  await currency.mint(await marketplace.getAddress(), 1n);
  const gas = await gasOf(marketplace.connect(accounts.bob).fill(await fillOf(1, 12), MAX_PAYMENT));
  return [{ bench: "fill", intervals: 1, chargeTicks: 200, gas }];
}

async function retire(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const intervals of [1, 40]) {
    const { neighbourhood, accounts, imports, first, fillOf, marketplace } = await trade();
    await marketplace.connect(accounts.bob).fill(await fillOf(SUN, 20), MAX_PAYMENT);
    const gas = await gasOf(
      neighbourhood.connect(accounts.bob).retire({
        meter: HOME,
        day: FIRST_DAY,
        remainingImports: encodeImports(imports),
        ranges: [{ meter: SOLAR, firstInterval: first, energyWh: new Array<number>(intervals).fill(15) }],
      }),
    );
    rows.push({ bench: "retire", intervals, gas });
  }
  return rows;
}

/** The seller once cancelled another offer, so that nonce and state of this one are looked up. */
async function fillAfterCancel(): Promise<Row[]> {
  const { marketplace, accounts, fillOf } = await trade();
  await marketplace.connect(accounts.alice).cancel(99n);
  const gas = await gasOf(marketplace.connect(accounts.bob).fill(await fillOf(1, 12), MAX_PAYMENT));
  return [{ bench: "fill", intervals: 1, sellerCancelledBefore: 1, gas }];
}

/** Plain OpenZeppelin ERC-1155 on the same chain, with the same compiler. */
async function openZeppelin(): Promise<Row[]> {
  const { accounts } = await loadFixture(market);
  const { alice, bob } = accounts;
  const plain = await ethers.deployContract("PlainEnergy");
  const ids = series(0, 0, SUN)
    .slice(0, SUN)
    .map((_, i) => BigInt(firstInterval(FIRST_DAY) + SUN_FROM + i));
  const amounts = ids.map((_, i) => 300 + 7 * i);
  const rows: Row[] = [];
  for (const words of ["new", "reused"]) {
    const gas = await gasOf(plain.mintBatch(alice.address, ids, amounts));
    rows.push({ bench: "openZeppelinMintBatch", words, intervals: SUN, gas: gas / SUN, wholeGas: gas });
  }
  const move = (count: number) =>
    gasOf(
      plain.connect(alice).safeBatchTransferFrom(
        alice.address,
        bob.address,
        ids.slice(0, count),
        amounts.slice(0, count).map(() => 10),
        "0x",
      ),
    );
  await move(SUN);
  for (const intervals of [1, 40]) rows.push({ bench: "openZeppelinTransfer", intervals, gas: await move(intervals) });
  return rows;
}

/** What everybody knows the price of: ether and ERC-20 tokens, between accounts that have both. */
async function plainTransfers(): Promise<Row[]> {
  const { accounts, currency } = await loadFixture(market);
  const { bob, carol } = accounts;
  const ether = await gasOf(bob.sendTransaction({ to: carol.address, value: 1n }));
  const erc20 = await gasOf(currency.connect(bob).transfer(carol.address, 1_000_000n));
  return [
    { bench: "etherTransfer", gas: ether },
    { bench: "erc20Transfer", gas: erc20 },
  ];
}

/** The same transfer by the packed ring, both sides holding tokens of that day. */
async function transfer(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const intervals of [1, 40]) {
    const { token, accounts, first } = await trade();
    const { alice, bob } = accounts;
    const energyWh = new Array<number>(intervals).fill(10);
    const gas = await gasOf(
      token.connect(alice).safeRangeTransferFrom(alice.address, bob.address, SOLAR, first, energyWh),
    );
    rows.push({ bench: "rangeTransfer", intervals, gas });
  }
  return rows;
}

/** Every measurement. Gas is exact: the same build gives the same numbers. */
export async function measure(): Promise<Row[]> {
  const benches = [
    () => recordMint("recordMint", SUN_FROM),
    () => recordMint("recordMintWorstAlignment", WORST_FROM),
    fill,
    fillWithCharge,
    fillAfterCancel,
    retire,
    transfer,
    openZeppelin,
    plainTransfers,
    measureSmallSettlements,
  ];
  const rows: Row[] = [];
  for (const bench of benches) rows.push(...(await bench()));
  return rows;
}
