import { BILLING_MEANINGS } from "../config/check-meters.ts";
import type { MeterConfig } from "../config/schema.ts";
import type { ChannelState } from "../registers/channel.ts";
import type { MeterStore } from "../storage/meter-store.ts";

/**
 * The newest reading of each meter that it is billed by, unix milliseconds; undefined for one that was never heard. Asked of
 * the database at once: of thousands of meters one by one, whoever asks would hold up the messages.
 */
export async function lastReadings(
  meters: readonly MeterConfig[],
  store: Pick<MeterStore, "allChannels">,
): Promise<Map<number, number | undefined>> {
  const channels = await store.allChannels();
  return new Map(
    meters.map(({ meter, inputs }) => {
      const times = inputs.flatMap(({ input, meaning }) => {
        const channel = BILLING_MEANINGS.includes(meaning) ? channels.get(meter)?.get(input) : undefined;
        return channel?.meaning === meaning ? [(channel.state as ChannelState).timeMs] : [];
      });
      return [meter, times.length === 0 ? undefined : Math.max(...times)];
    }),
  );
}
