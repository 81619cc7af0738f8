import { decodeClaims, encodeClaims } from "@commonwatt/sdk/settlement/claims";
import { fundsNeeded } from "@commonwatt/sdk/settlement/limits";
import { ALL_FILL, type DeviceState, type SettlementMeter, type Tariff } from "@commonwatt/sdk/settlement/types";

import { honestCase, type SettleCase, tampered } from "./settle-case.ts";
import { DAY, keyOf, resident, type Resident, resigned } from "./street.ts";

const TARIFF: Tariff = { communityPriceTicks: 1_000, networkChargeTicks: 100 };
const REGISTER_LIMIT = 1n << 44n;
const LANES = 96;

/** Profiles exactly at a bound, and one beyond it: those are in the batch but have no part in it. */
export async function boundCases(): Promise<SettleCase[]> {
  const found: SettleCase[] = [];
  const put = async (name: string, of: Resident): Promise<void> => {
    found.push(honestCase(name, TARIFF, [of, await neighbour()]));
  };
  for (const side of ["import", "export"] as const) {
    const register = `${side}Register` as const;
    for (const [name, beyond] of [
      ["at the bound", 0],
      ["beyond it", 1],
    ] as const) {
      const home = await homeOf({});
      await put(`${side} sum ${name}`, await resigned(home, { [register]: home.profile[register] - BigInt(beyond) }));
      const late = REGISTER_LIMIT - 1n + BigInt(beyond);
      await put(`${side} register ${name}`, await resigned(home, { [register]: late }));
      for (const at of [0, 7, 8, 20, 95]) await put(`${side} ${at} ${name} of the cap`, await capped(side, at, beyond));
    }
    await put(`${side} register of 48 bits`, await resigned(await homeOf({}), { [register]: (1n << 48n) - 1n }));
    const high = REGISTER_LIMIT / 2n;
    await put(
      `${side} register back from its upper half`,
      await homeOf({ [register]: high + 7n }, { [register]: high }),
    );
    await put(`${side} register backwards`, await homeOf({ [register]: 1_000n }, { [register]: 999n }));
  }
  const home = await homeOf({});
  for (const [name, quality] of [
    ["estimated", 1n],
    ["missing with energy", 2n],
    ["missing in the middle with energy", 2n << 20n],
    ["missing at the end", 2n << 190n],
    ["invalid", 3n],
    ["invalid at the end", 3n << 190n],
  ] as const) {
    await put(`quality ${name}`, await resigned(home, { quality }));
  }
  await put("quality missing without energy", await homeOf({}, { quality: 2n << 20n }, 10));
  await put("quality missing without energy at the end", await homeOf({}, { quality: 2n << 190n }, LANES - 1));
  await put("quality invalid without energy", await homeOf({}, { quality: 3n << 20n }, 10));
  await put("quality invalid without energy at the beginning", await homeOf({}, { quality: 3n }, 0));
  for (const [name, exponent, short] of [
    ["funded to the unit", 0, 0n],
    ["one short", 0, 1n],
    ["funded in large units", 2, 0n],
    ["one short in large units", 2, 1n],
  ] as const) {
    const poor = await homeOf({ unitExponent: exponent, askTicks: 1_201, bidTicks: 1_203, community: false });
    const imports = Array.from({ length: LANES }, () => 3);
    const { unitExponent, ...rest } = poor.state;
    const meter: SettlementMeter = { ...rest, exponent: unitExponent, imports, exports: imports };
    const needed = fundsNeeded(meter, TARIFF);
    await put(name, { ...poor, state: { ...poor.state, balanceBaseUnits: needed - short } });
  }
  const odd = Array.from({ length: LANES }, (_, index) => (index === 0 ? 2 : 3));
  const needed = (287n * 1_203n + 9n) / 10n;
  const limits = { community: false, askTicks: 1_201, bidTicks: 1_203 };
  const poor = { ...plainState(100, 3), ...limits, balanceBaseUnits: needed - 1n };
  await put("short of a base unit for a tenth", await resident(poor, odd, odd, 0n, keyOf("poor"), false));
  return found;
}

/** Prices between a buyer and a dearer seller: they are the lowest and the highest that clear, but nothing is sold. */
export async function noVolumeCases(): Promise<SettleCase[]> {
  const limits = { community: false, askTicks: 1_100, bidTicks: 1_050 };
  const found: SettleCase[] = [];
  for (const at of [0, 50, 95]) {
    const one = Array.from({ length: LANES }, (_, index) => (index === at ? 5 : 0));
    const none = Array.from({ length: LANES }, () => 0);
    const seller = await resident({ ...plainState(100, 3), ...limits }, none, one, 0n, keyOf("dear"), false);
    const buyer = await resident({ ...plainState(200, 9), ...limits }, one, none, 0n, keyOf("thrifty"), false);
    const honest = honestCase(`nobody meets in interval ${at}`, TARIFF, [seller, buyer]);
    const claim = { lowTicks: 950, highTicks: 1_100, side: ALL_FILL, effective: 0n } as const;
    const claims = encodeClaims(decodeClaims(honest.args.claims).with(at, claim));
    found.push(honest, tampered(honest, "sold all the same", "NoVolume", { args: { ...honest.args, claims } }));
  }
  return found;
}

async function homeOf(
  change: Partial<DeviceState>,
  signed: Parameters<typeof resigned>[1] = {},
  emptyAt = -1,
): Promise<Resident> {
  const lanes = Array.from({ length: LANES }, (_, index) => (index === emptyAt ? 0 : 3));
  const state = { ...plainState(100, 3), ...change };
  return resigned(await resident(state, lanes, lanes, 0n, keyOf("home"), false), signed);
}

async function capped(side: "import" | "export", at: number, beyond: number): Promise<Resident> {
  const lanes = Array.from({ length: LANES }, (_, index) => (index === at ? 10 + beyond : 2));
  const none = Array.from({ length: LANES }, () => 0);
  const state = { ...plainState(100, 3), capUnits: 10 };
  const [imports, exports] = side === "import" ? [lanes, none] : [none, lanes];
  return resident(state, imports, exports, 0n, keyOf("capped"), false);
}

async function neighbour(): Promise<Resident> {
  const imports = Array.from({ length: LANES }, (_, index) => index % 5);
  const exports = Array.from({ length: LANES }, (_, index) => (index * 3) % 7);
  return resident(plainState(200, 255), imports, exports, 0n, keyOf("neighbour"), false);
}

/** A meter at the community price. */
export function plainState(meter: number, seat: number): DeviceState {
  return {
    meter,
    active: true,
    sharing: true,
    community: true,
    seat,
    settingsQueued: false,
    deviceQueued: false,
    askTicks: 0,
    bidTicks: 0,
    balanceBaseUnits: 1n << 40n,
    lastDay: DAY - 1,
    importRegister: 5_001n,
    exportRegister: 9_001n,
    capUnits: 32_767,
    unitExponent: 0,
  };
}
