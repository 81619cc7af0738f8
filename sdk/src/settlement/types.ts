import type { Hex } from "viem";

/** No volume: low = high = a price at which supply and demand do not meet. */
export const NO_TRADE = 0;
/** Every order at least as good as the price is filled wholly. */
export const ALL_FILL = 1;
/** low = high: exports asked at the price share what the better ones leave. */
export const SELLERS_SHARE = 2;
/** low = high: imports bid at the price share what the better ones leave. */
export const BUYERS_SHARE = 3;
/** Which orders at the price of an interval are filled in part. The contract's `Side`. */
export type Side = typeof NO_TRADE | typeof ALL_FILL | typeof SELLERS_SHARE | typeof BUYERS_SHARE;

/** Prices a neighbourhood sets for a day; their sum is at most 65,535. The contract's `Tariff`. */
export type Tariff = {
  /** Ask of meters at the community price; their bid is this plus the network charge. */
  communityPriceTicks: number;
  /** Added to the buyer's price of every settled kWh. */
  networkChargeTicks: number;
};

/** Lowest price for a meter's export, and highest price, network charge included, for its import. */
export type Limits = { askTicks: number; bidTicks: number };

/** A meter of a day's settlement: the limits and unit of its word, its money, and the 96 intervals its device signed. */
export type SettlementMeter = Limits & {
  meter: number;
  /** 0, 1 or 2: the unit of `imports` and `exports` is 1, 10 or 100 Wh. */
  exponent: number;
  /** Shares at the community price of the day: both limits are then 0. */
  community: boolean;
  /** Prepaid balance before the settlement. */
  balanceBaseUnits: bigint;
  /** 96 entries, 0 to 32,767 units. */
  imports: readonly number[];
  /** 96 entries, 0 to 32,767 units. */
  exports: readonly number[];
};

/** What one meter offers and wants in one interval. A quantity of 0 is no order. */
export type Order = Limits & { meter: number; exportWh: bigint; importWh: bigint };

/** What the settler says of one interval. */
export type IntervalClaim = {
  /** Lowest price that clears; without trade a price at which nothing can be sold. */
  lowTicks: number;
  /** Highest price that clears; without trade the same as `lowTicks`. */
  highTicks: number;
  side: Side;
  /** Effective price of the side that shares, ticks x 2^30; 0 where nobody shares. */
  effective: bigint;
};

/** The outcome of one interval's auction. */
export type IntervalClearing = IntervalClaim & {
  /** floor((low + high) / 2): what sellers get per kWh; buyers pay the network charge on top. 0 without trade. */
  priceTicks: number;
  /** Sold, and bought. */
  volumeWh: bigint;
};

/** What a meter pays for a day; negative: what it is paid. */
export type MeterPayment = { meter: number; baseUnits: bigint };

/** A meter that buys nothing that day: its balance is below its whole import at its own bid. */
export type UnfundedMeter = { meter: number; balanceBaseUnits: bigint; neededBaseUnits: bigint };

/** The outcome of a day: there is one for a set of meters and a tariff, and the contract accepts no other. */
export type DayClearing = {
  /** 96 entries. */
  intervals: IntervalClearing[];
  /** In the order of the meters given. */
  payments: MeterPayment[];
  /** In the order of the meters given. */
  unfunded: UnfundedMeter[];
  /** Sold, and bought, all intervals together. */
  clearedWh: bigint;
  /** Sum of the payments: network charges and dust. */
  treasuryBaseUnits: bigint;
};

/** The contract's `Claims`. */
export type Claims = {
  /** 384 bytes: 96 x (uint16 low, uint16 high). */
  prices: Hex;
  /** Two bits per interval, interval 0 lowest. */
  sides: bigint;
  /** 768 bytes: 96 x uint64 effective price. */
  effective: Hex;
};

/** Effective prices are ticks x 2^30. */
export const EFFECTIVE_BITS = 30n;

/** How a meter trades. The contract's `Settings`. */
export type Settings = Limits & { sharing: boolean; community: boolean };

/** What the contract's `deviceState` returns. */
export type DeviceState = Settings & {
  meter: number;
  /** False once revoked or rotated out. */
  active: boolean;
  /** Last day consumed. */
  lastDay: number;
  /** Meter units, as are the cap and the other register. */
  importRegister: bigint;
  exportRegister: bigint;
  capUnits: number;
  unitExponent: number;
  /** Bit of the meter in announcements, if it shares. */
  seat: number;
  settingsQueued: boolean;
  deviceQueued: boolean;
  balanceBaseUnits: bigint;
};

/** What the contract's `market` returns: the window of the last announced day. */
export type MarketState = {
  /** Last announced day; every earlier one is settled or void. */
  day: number;
  /** Unix seconds. */
  openedAt: number;
  /** Unix seconds; 0: not yet, or void. */
  settledAt: number;
};
