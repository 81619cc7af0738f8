import { meterNumber, type MeterNumber } from "@commonwatt/sdk/ids";
import type { HDAccount } from "viem";

import type { Trading } from "../homes/trading.ts";
import type { Home } from "../households/rows.ts";
import type { MeterNode } from "../meters/message.ts";
import { homeAccount } from "./accounts.ts";

/** A home of the run: what it measures, the meter it has on chain and on MQTT, the wallet of the people in it. */
export type Resident = {
  readonly home: Home;
  readonly meter: MeterNumber;
  readonly node: MeterNode;
  readonly account: HDAccount;
  readonly trading: Trading;
};

/** Whether the day settlement trades for a home. */
export function shares({ trading }: Resident): boolean {
  return trading !== "hand";
}

const INT32_MAX = 2_147_483_647;

/**
 * Where a meter's counter stands when it is put in: some are new, some wrap to the negative side within the first
 * hours, some wrap back with the first exports.
 */
function initialE1Wh(index: number): number {
  return [0, INT32_MAX - 500, 1_234_567, -INT32_MAX][index % 4] ?? 0;
}

/**
 * Gives every home its meter number (from 1), its MQTT node and its wallet.
 *
 * @param trading - How each home trades, in the same order.
 */
export function settle(homes: readonly Home[], trading: readonly Trading[]): Resident[] {
  return homes.map((home, index) => ({
    home,
    meter: meterNumber(index + 1),
    node: { node: `home${index + 1}`, hasGeneration: home.hasGeneration, initialE1Wh: initialE1Wh(index) },
    account: homeAccount(index),
    trading: trading[index] ?? "hand",
  }));
}
