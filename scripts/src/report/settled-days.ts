import type { Ledger, Registers } from "@commonwatt/sdk/ledger/types";
import type { Day } from "@commonwatt/sdk/time";

import type { Neighbourhood } from "../run/neighbourhood.ts";
import { readSettlements, settledMeterDays } from "./settlements.ts";
import { type Totals, totalsOf } from "./totals.ts";

const NOT_BY_HAND = { profiles: [], transfers: [], trades: [], retirements: [] };

/** Follows the settlements of a neighbourhood while its ledger grows. */
export class SettledDays {
  readonly #neighbourhood: Pick<Neighbourhood, "chain" | "deployment">;
  readonly #onDay: (day: Day, totals: Totals) => void;
  readonly #registers = new Map<number, Registers>();

  /** @param onDay - Hears of each settled day, with the totals of the homes that share. */
  constructor(neighbourhood: Pick<Neighbourhood, "chain" | "deployment">, onDay: (day: Day, totals: Totals) => void) {
    this.#neighbourhood = neighbourhood;
    this.#onDay = onDay;
  }

  /** Takes in what was added to the ledger. */
  async look(added: Ledger): Promise<void> {
    const { chain, deployment } = this.#neighbourhood;
    const settlements = await readSettlements(chain.client, deployment, added);
    const meterDays = settledMeterDays(settlements, added, this.#registers);
    for (const settlement of settlements) {
      const { day } = settlement;
      const ofDay = meterDays.filter((other) => other.day === day);
      this.#onDay(day, totalsOf(NOT_BY_HAND, { settlements: [settlement], meterDays: ofDay }));
    }
  }
}
