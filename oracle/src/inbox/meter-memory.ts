import type { MeterConfig } from "../config/schema.ts";
import type { ChannelState } from "../registers/channel.ts";
import { createMeterStore, type MeterState } from "../storage/meter-store.ts";
import type { Sql } from "../storage/sql.ts";

/** A meter between two looks into the database. */
export type MeterInMemory = {
  state: MeterState;
  /** By input. */
  channels: Map<string, ChannelState>;
  /** Days that are marked as open. */
  openDays: Set<number>;
};

/** Meters in memory as they stand in the database. What cannot be relied on any more is forgotten and read again. */
export type MeterMemory = {
  /** Makes sure that the meters are there. Inside a transaction, over its `sql`. */
  load(meters: readonly MeterConfig[], sql: Sql): Promise<void>;
  get(meter: number): MeterInMemory;
  forget(meter: number): void;
  forgetAll(): void;
};

/** More than so many at once are read in one go, and all of them. */
const FEW = 20;

export function createMeterMemory(): MeterMemory {
  const known = new Map<number, MeterInMemory>();

  function put(
    { meter, inputs }: MeterConfig,
    state: MeterState | undefined,
    channelOf: (input: string, meaning: string) => unknown,
    openDays: readonly number[],
  ): void {
    const channels = new Map<string, ChannelState>();
    for (const { input, meaning } of inputs) {
      const channel = channelOf(input, meaning) as ChannelState | undefined;
      if (channel !== undefined) channels.set(input, channel);
    }
    if (state === undefined) throw new Error(`meter ${meter} is not in the database`);
    known.set(meter, { state, channels, openDays: new Set(openDays) });
  }

  return {
    async load(meters, sql) {
      const missing = meters.filter(({ meter }) => !known.has(meter));
      if (missing.length === 0) return;
      const store = createMeterStore(sql);
      if (missing.length > FEW) {
        const [states, channels, days] = [
          await store.allMeters(),
          await store.allChannels(),
          await store.allOpenDays(),
        ];
        for (const config of missing) {
          const ofMeter = channels.get(config.meter);
          const channelOf = (input: string, meaning: string) => {
            const found = ofMeter?.get(input);
            return found?.meaning === meaning ? found.state : undefined;
          };
          put(config, states.get(config.meter), channelOf, days.get(config.meter) ?? []);
        }
        return;
      }
      for (const config of missing) {
        const states = new Map<string, unknown>();
        for (const { input, meaning } of config.inputs) {
          states.set(input, await store.channel(config.meter, input, meaning));
        }
        const [state, days] = [await store.meter(config.meter), await store.openDays(config.meter)];
        put(config, state, (input) => states.get(input), days);
      }
    },
    get(meter) {
      const found = known.get(meter);
      if (found === undefined) throw new Error(`meter ${meter} is not loaded`);
      return found;
    },
    forget: (meter) => void known.delete(meter),
    forgetAll() {
      known.clear();
    },
  };
}
