import type { Logger } from "pino";

import type { DeviceKey, KeySource, OpenKey } from "../signer/signer.ts";

/**
 * Opens all keys of a gateway at once, and keeps them open. Opening one takes some megabytes for a moment, which are free now
 * and would come on top of a day's work at midnight; and a passphrase that opens nothing is told at the start. A key that
 * cannot be opened does not keep the gateway from reading its meters: it is tried again when a day is to be signed.
 *
 * @returns The same keys, open where they could be opened.
 */
export async function openEarly(source: KeySource, log: Pick<Logger, "error">): Promise<KeySource> {
  const opened = new Map<string, Promise<OpenKey>>();

  const openOnce = (key: DeviceKey): Promise<OpenKey> => {
    const known = opened.get(key.id);
    if (known !== undefined) return known;
    const opening = key.open();
    opened.set(key.id, opening);
    opening.catch(() => opened.delete(key.id));
    return opening;
  };

  for (const key of await source.list()) {
    try {
      await openOnce(key);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      const where = { event: "key-unavailable", meter: key.meter, reason };
      log.error(where, `The key of meter ${key.meter} cannot be opened, its days wait: ${reason}`);
    }
  }
  return {
    custody: source.custody,
    list: async () => (await source.list()).map((key) => ({ ...key, open: () => openOnce(key) })),
    close: () => {
      source.close();
    },
  };
}
