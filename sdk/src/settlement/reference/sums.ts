import type { Order } from "../types.ts";

/** S<(p): offered at a lower ask. */
export function offeredBelow(orders: readonly Order[], priceTicks: number): bigint {
  return sum(orders, ({ askTicks, exportWh }) => (askTicks < priceTicks ? exportWh : 0n));
}

/** S<=(p): offered at this ask or a lower one. */
export function offeredAt(orders: readonly Order[], priceTicks: number): bigint {
  return sum(orders, ({ askTicks, exportWh }) => (askTicks <= priceTicks ? exportWh : 0n));
}

/** D>(p): wanted at a bid above what the price and the network charge make together. */
export function wantedAbove(orders: readonly Order[], priceTicks: number, chargeTicks: number): bigint {
  return sum(orders, ({ bidTicks, importWh }) => (bidTicks > priceTicks + chargeTicks ? importWh : 0n));
}

/** D>=(p): wanted at a bid of what the price and the network charge make together, or a higher one. */
export function wantedAt(orders: readonly Order[], priceTicks: number, chargeTicks: number): bigint {
  return sum(orders, ({ bidTicks, importWh }) => (bidTicks >= priceTicks + chargeTicks ? importWh : 0n));
}

export function smaller(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

function sum(orders: readonly Order[], quantity: (order: Order) => bigint): bigint {
  return orders.reduce((total, order) => total + quantity(order), 0n);
}
