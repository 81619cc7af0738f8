import { p256Address, p256PublicKey, signP256 } from "@commonwatt/sdk/p256";
import type { SignedProfile } from "@commonwatt/sdk/profile-signing";
import { encodeSettleDay } from "@commonwatt/sdk/settlement/calldata";
import { type PlannedMeter, planSettlement } from "@commonwatt/sdk/settlement/plan";
import { keccak256, TypedDataEncoder, type Wallet } from "ethers";
import type { Address, Hex } from "viem";

import { dayEnd, FIRST_DAY, sum } from "../../fixtures/calendar.ts";
import { encodeIntervals, PROFILE_TYPES, REGISTRATION_TYPES } from "../../fixtures/profiles.ts";
import { emptyStreet, ethers, key, loadFixture, PLACE, type Street, time } from "../../fixtures/street.ts";
import type { MeterDay } from "./energy.ts";

/** The chain's curve, or the one of secure elements. */
export type KeyType = "secp256k1" | "P-256";

/** The most that a meter can have: nobody knows the fuses of a data set's households. */
const CAP_WH = 32_767;
/** Prepaid balance of each meter: enough for every day of the bench. */
const FUNDS_BASE_UNITS = 200_000_000n;

/** The day of joining, and the week during which it could still be recorded. */
const DAYS_UNTIL_CLOSED = 8;

/** A trace has a line for every instruction: more meters would fill the memory with them. */
const MAX_TRACED_METERS = 20;
/** What storing to a slot that was zero costs, at least. */
const NEW_SLOT_GAS = 20_000;

/** What a day's settlement took. */
export type Settled = {
  announceGas: number;
  settleGas: number;
  /** Input of the settlement. */
  input: Hex;
  clearedWh: bigint;
  /** Storage slots that were zero before; left out where the day is too large to trace. */
  newSlots?: number;
};

type BenchMeter = { number: number; keyType: KeyType; wallet: Wallet; device: Address; energy: MeterDay };

/** A street of meters that all share, whose days are settled one after the other. */
export class SettleStreet {
  readonly #street: Street;
  readonly #meters: readonly BenchMeter[];
  #day = FIRST_DAY;
  #hasBegun = false;
  readonly #registers = new Map<number, { importRegister: bigint; exportRegister: bigint }>();

  private constructor(street: Street, meters: readonly BenchMeter[]) {
    this.#street = street;
    this.#meters = meters;
  }

  /** @param energy - What each meter measures, every day the same. */
  static async create(energy: readonly MeterDay[], keyOf: (meter: number) => KeyType): Promise<SettleStreet> {
    const street = await loadFixture(emptyStreet);
    const { neighbourhood, currency, accounts } = street;
    const { alice } = accounts;
    const funds = FUNDS_BASE_UNITS * BigInt(energy.length);
    await currency.mint(alice.address, funds);
    await currency.connect(alice).approve(await neighbourhood.getAddress(), funds);
    await neighbourhood.connect(alice).deposit(alice.address, funds);
    await neighbourhood.connect(accounts.operator).admitMember(alice.address);
    const meters = energy.map((of, index): BenchMeter => {
      const keyType = keyOf(index);
      const wallet = key(`settle ${index}`);
      const device =
        keyType === "P-256" ? p256Address(p256PublicKey(wallet.privateKey as Hex)) : (wallet.address as Address);
      return { number: index + 1, keyType, wallet, device, energy: of };
    });
    for (const meter of meters) {
      await neighbourhood.connect(accounts.operator).registerMeter({
        meter: meter.number,
        owner: alice.address,
        kind: 0,
        source: 1,
        unitExponent: 0,
        capWh: CAP_WH,
        place: PLACE,
      });
      const value = { device: meter.device, meter: meter.number, importRegister: 1_000n, exportRegister: 500n };
      const possession = await sign(meter, street, REGISTRATION_TYPES, value);
      await neighbourhood
        .connect(accounts.operator)
        .registerDevice({ ...value, keyType: meter.keyType === "P-256" ? 1 : 0, custody: 1, possession });
      await neighbourhood.connect(alice).fundMeter(meter.number, FUNDS_BASE_UNITS);
    }
    return new SettleStreet(street, meters);
  }

  /** Puts the meters into so many limit classes, the community price among them, from the next day on. */
  async share(classes: number): Promise<void> {
    const { neighbourhood, accounts } = this.#street;
    for (const [index, { number }] of this.#meters.entries()) {
      const of = index % classes;
      // Spread around the community price, so that prices are found between classes.
      const limits = of === 0 ? { askTicks: 0, bidTicks: 0 } : { askTicks: 800 + 37 * of, bidTicks: 2_900 - 41 * of };
      await neighbourhood
        .connect(accounts.alice)
        .setSettings(number, { sharing: true, community: of === 0, ...limits });
    }
    // A meter that joins waits until its own days are over for good: a week. Who shares already only waits for tomorrow.
    const days = this.#hasBegun ? 1 : DAYS_UNTIL_CLOSED;
    this.#hasBegun = true;
    for (let day = 0; day < days; day++) await this.settle(() => false);
    await neighbourhood.applyChanges(this.#meters.map(({ number }) => number));
    // After empty days the bitmap's slot is empty too; the day before a day in steady state was announced with somebody.
    await this.settle((index) => index === 0);
  }

  /** Settles the next day with these meters of the street. */
  async settle(among: (index: number) => boolean): Promise<Settled> {
    const { neighbourhood, accounts } = this.#street;
    const meters = this.#meters.filter((_, index) => among(index));
    const day = this.#day;
    const planned: PlannedMeter[] = [];
    for (const meter of meters) planned.push(await this.#planned(meter, day));
    const bitmap = planned.reduce((bits, { state }) => bits | (1n << BigInt(state.seat)), 0n);
    await time.increaseTo(dayEnd(day) + 60);
    const announced = await neighbourhood.connect(accounts.announcer).announce(day, bitmap);
    await time.increase(3_700);
    const tariff = await neighbourhood.tariffOf(day);
    const { args, clearing } = planSettlement({
      day,
      tariff: {
        communityPriceTicks: Number(tariff.communityPriceTicks),
        networkChargeTicks: Number(tariff.networkChargeTicks),
      },
      bitmap,
      forced: [],
      meters: planned,
    });
    const input = encodeSettleDay(args);
    const settled = await accounts.stranger.sendTransaction({ to: await neighbourhood.getAddress(), data: input });
    const [announceGas, settleGas] = [await gasOf(announced), await gasOf(settled)];
    this.#day += 1;
    const newSlots = meters.length > MAX_TRACED_METERS ? undefined : await newSlotsOf([announced.hash, settled.hash]);
    return {
      announceGas,
      settleGas,
      input,
      clearedWh: clearing.clearedWh,
      ...(newSlots !== undefined && { newSlots }),
    };
  }

  async #planned(meter: BenchMeter, day: number): Promise<PlannedMeter> {
    const state = await this.#street.neighbourhood.deviceState(meter.device);
    return {
      device: meter.device,
      state: {
        meter: Number(state.meter),
        active: state.active,
        lastDay: Number(state.lastDay),
        importRegister: state.importRegister,
        exportRegister: state.exportRegister,
        capUnits: Number(state.capUnits),
        unitExponent: Number(state.unitExponent),
        sharing: state.sharing,
        community: state.community,
        seat: Number(state.seat),
        settingsQueued: state.settingsQueued,
        deviceQueued: state.deviceQueued,
        askTicks: Number(state.askTicks),
        bidTicks: Number(state.bidTicks),
        balanceBaseUnits: state.balanceBaseUnits,
      },
      profile: await this.#profile(meter, day),
    };
  }

  async #profile(meter: BenchMeter, day: number): Promise<SignedProfile> {
    const { imports, exports } = meter.energy;
    const before = this.#registers.get(meter.number) ?? { importRegister: 1_000n, exportRegister: 500n };
    const registers = {
      importRegister: before.importRegister + BigInt(sum(imports)),
      exportRegister: before.exportRegister + BigInt(sum(exports)),
    };
    this.#registers.set(meter.number, registers);
    const intervals = encodeIntervals(imports, exports) as Hex;
    const value = { day, ...registers, quality: 0n, intervals: keccak256(intervals) };
    const signature = await sign(meter, this.#street, PROFILE_TYPES, value);
    return { day, ...registers, quality: 0n, intervals, signature };
  }
}

async function sign(
  { keyType, wallet }: BenchMeter,
  { domain }: Street,
  types: Record<string, { name: string; type: string }[]>,
  value: Record<string, unknown>,
): Promise<Hex> {
  if (keyType === "secp256k1") return (await wallet.signTypedData(domain, types, value)) as Hex;
  return signP256(wallet.privateKey as Hex, TypedDataEncoder.hash(domain, types, value) as Hex);
}

async function gasOf(sent: { wait: () => Promise<{ gasUsed: bigint } | null> }): Promise<number> {
  const receipt = await sent.wait();
  if (receipt === null) throw new Error("The transaction has no receipt.");
  return Number(receipt.gasUsed);
}

type Trace = { structLogs: readonly { op: string; gasCost: number }[] };

async function newSlotsOf(transactions: readonly string[]): Promise<number> {
  let newSlots = 0;
  for (const hash of transactions) {
    const options = { disableStack: true, disableMemory: true, disableStorage: true };
    const trace = (await ethers.provider.send("debug_traceTransaction", [hash, options])) as Trace;
    newSlots += trace.structLogs.filter(({ op, gasCost }) => op === "SSTORE" && gasCost >= NEW_SLOT_GAS).length;
  }
  return newSlots;
}
