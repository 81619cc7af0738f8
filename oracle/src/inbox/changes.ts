import type { Quality } from "@commonwatt/sdk/profile";
import { type Day, day as asDay, dayOf, type Interval } from "@commonwatt/sdk/time";

import type { Deposit } from "../intervals/spread.ts";
import { type CheckRow, createCheckStore } from "../profiles/check-store.ts";
import { createMeterStore, type IntervalRow } from "../storage/meter-store.ts";
import type { Sql } from "../storage/sql.ts";
import { createUseStore, type UseRow } from "../uses/use-store.ts";
import type { MeterInMemory, MeterMemory } from "./meter-memory.ts";
import type { Taken } from "./take-reading.ts";

/** What a run through the inbox changes, until it is written in one go. */
export type Changes = {
  /** Takes it over into memory. Nothing in here fails half-way. */
  apply(taken: Taken): void;
  /** Writes everything. Inside a transaction, over its `sql`. */
  write(sql: Sql): Promise<void>;
};

export function createChanges(memory: Pick<MeterMemory, "get">): Changes {
  const meters = new Set<number>();
  /** By meter and input: the meaning. */
  const channels = new Map<number, Map<string, string>>();
  const intervals = new Map<number, Map<Interval, IntervalRow>>();
  const days = new Map<number, Set<Day>>();
  /** By what the database keeps them under. */
  const checks = new Map<string, CheckRow>();
  const uses = new Map<string, UseRow>();

  function deposit(meter: number, { state }: MeterInMemory, entry: Deposit): void {
    const day = dayOf(entry.interval * 900);
    // On chain already, and in the registers that were taken over from there.
    if (day <= state.adoptedDay) return;
    if (day <= state.closedDay) {
      if (entry.importWh === 0 && entry.exportWh === 0) return;
      state.lateImportWh += entry.importWh;
      state.lateExportWh += entry.exportWh;
      meters.add(meter);
      return;
    }
    const rows = placeOf(intervals, meter, () => new Map<Interval, IntervalRow>());
    const row = rows.get(entry.interval);
    if (row === undefined) {
      rows.set(entry.interval, { ...entry });
      return;
    }
    row.importWh += entry.importWh;
    row.exportWh += entry.exportWh;
    row.quality = Math.max(row.quality, entry.quality) as Quality;
  }

  return {
    apply({ reading: { meter, input, meaning }, state, deposits, days: news, ...beside }) {
      const known = memory.get(meter);
      if (state !== undefined) {
        known.channels.set(input, state);
        placeOf(channels, meter, () => new Map<string, string>()).set(input, meaning);
      }
      for (const entry of deposits) deposit(meter, known, entry);
      for (const row of beside.checks) {
        const found = placeOf(checks, `${meter}/${row.interval}`, () => ({ ...row, netWh: 0, knownMs: 0 }));
        found.netWh += row.netWh;
        found.knownMs += row.knownMs;
      }
      for (const row of beside.uses) {
        placeOf(uses, `${meter}/${row.interval}/${row.use}`, () => ({ ...row, energyWh: 0 })).energyWh += row.energyWh;
      }
      for (const day of news) {
        if (day <= known.state.closedDay || known.openDays.has(day)) continue;
        known.openDays.add(day);
        placeOf(days, meter, () => new Set<Day>()).add(asDay(day));
      }
    },
    async write(sql) {
      const store = createMeterStore(sql);
      await store.saveMeters([...meters].map((meter) => ({ meter, state: memory.get(meter).state })));
      await store.saveChannels(
        [...channels].flatMap(([meter, inputs]) => {
          const known = memory.get(meter).channels;
          return [...inputs].map(([input, meaning]) => ({ meter, input, meaning, state: known.get(input) ?? {} }));
        }),
      );
      await store.addToIntervals(
        [...intervals].flatMap(([meter, rows]) => [...rows.values()].map((row) => ({ meter, ...row }))),
      );
      await store.markDays([...days].flatMap(([meter, marked]) => [...marked].map((day) => ({ meter, day }))));
      if (checks.size > 0) await createCheckStore(sql).add([...checks.values()]);
      if (uses.size > 0) await createUseStore(sql).add([...uses.values()]);
    },
  };
}

function placeOf<K, V>(map: Map<K, V>, key: K, create: () => V): V {
  let value = map.get(key);
  if (value === undefined) {
    value = create();
    map.set(key, value);
  }
  return value;
}
