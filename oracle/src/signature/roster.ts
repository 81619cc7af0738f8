import { isoDay } from "@commonwatt/sdk/time";
import type { Logger } from "pino";
import type { Address } from "viem";

import type { DeviceOnChain } from "../chain/recorder.ts";
import type { Signer, SignerDevice } from "../signer/signer.ts";

/** What is queued for a meter: the device that signs from `effectiveDay` on. */
export type QueuedDevice = { effectiveDay: number; device: Address };

export type RosterParts = {
  signer: Pick<Signer, "devices">;
  chain: {
    device(device: Address): Promise<Pick<DeviceOnChain, "meter" | "active" | "deviceQueued" | "lastDay">>;
    queuedDevice(meter: number): Promise<QueuedDevice>;
  };
  /** Unix milliseconds of the machine's clock. */
  nowMs: () => number;
  log: Logger;
};

/** Which of a meter's devices signs, by what the chain says and the signer holds. */
export type Roster = {
  /** The device that signs a meter's day; without a day, the one in force. Undefined: no key of it is here. */
  get(meter: number, day?: number): Address | undefined;
  /** Why {@link get} has no device for a day, whose key may come yet; undefined when it has. */
  elsewhere(meter: number, day: number): string | undefined;
  /** Meters that have more than one key here, and the last day of each on chain. */
  rotating(): ReadonlyMap<number, number>;
  /**
   * Asks the signer for its devices, and the chain about the meters that have several; seldom, unless `now`.
   *
   * @throws SignerUnavailableError when the signer has never been there; otherwise it goes on with what it knows.
   */
  refresh(now?: boolean): Promise<void>;
  /** Asks the chain about one meter's devices now: the one in force was found not to be. */
  lookAgain(meter: number): Promise<void>;
};

type Entry = { inForce: Address; queued?: QueuedDevice; lastDay?: number };

/** Between two looks. A new key is made by hand: a quarter of a minute is soon enough. */
const REFRESH_MILLISECONDS = 15_000;

/**
 * Keeps who signs for whom. The chain decides: the active device of a meter signs, and one that is queued from its first
 * day on. A meter with one key is not asked about.
 */
export function createRoster({ signer, chain, nowMs, log }: RosterParts): Roster {
  let held: ReadonlyMap<number, readonly SignerDevice[]> | undefined;
  const entries = new Map<number, Entry>();
  /** Devices that can never sign again: their state on chain does not change any more. */
  const ended = new Set<string>();
  let lookedMs = -Infinity;

  const holds = (meter: number, device: Address) => (held?.get(meter) ?? []).some((key) => isSame(key.device, device));

  async function look(meter: number, keys: readonly SignerDevice[]): Promise<void> {
    let found: Entry | undefined;
    for (const { device } of keys.filter((key) => !ended.has(key.device))) {
      const onChain = await chain.device(device);
      // A stranger to the chain: not registered yet, or queued.
      if (onChain.meter !== meter) continue;
      if (!onChain.active) {
        ended.add(device);
        continue;
      }
      const queued = onChain.deviceQueued ? await chain.queuedDevice(meter) : undefined;
      found = { inForce: device, lastDay: onChain.lastDay, ...(queued === undefined ? {} : { queued }) };
    }
    // None is in force: before its registration, or after its revocation.
    const [first] = keys;
    if (found !== undefined) enter(meter, found);
    else if (first !== undefined) enter(meter, { inForce: entries.get(meter)?.inForce ?? first.device });
  }

  function enter(meter: number, entry: Entry): void {
    const before = entries.get(meter);
    entries.set(meter, entry);
    if (before !== undefined && !isSame(before.inForce, entry.inForce)) {
      log.info(
        { event: "device-rotated", meter, device: entry.inForce },
        `The device ${entry.inForce} signs for meter ${meter} now`,
      );
    }
    const { queued } = entry;
    if (queued !== undefined && before?.queued?.device !== queued.device) {
      const from = isoDay(queued.effectiveDay as Parameters<typeof isoDay>[0]);
      const here = holds(meter, queued.device) ? "" : ", and its key is not here: those days wait for it";
      log.info(
        { event: "device-queued", meter, device: queued.device, from },
        `The device ${queued.device} takes over meter ${meter} on ${from}${here}`,
      );
    }
  }

  async function refresh(now = false): Promise<void> {
    if (!now && nowMs() - lookedMs < REFRESH_MILLISECONDS) return;
    const devices = await signer.devices().catch((error: unknown) => {
      if (held === undefined) throw error;
      return undefined;
    });
    if (devices !== undefined) held = Map.groupBy(devices, ({ meter }) => meter);
    lookedMs = nowMs();
    for (const [meter, keys] of held ?? []) {
      const [only] = keys;
      const known = entries.get(meter);
      // Where all keys but the one in force have ended, nothing can change any more.
      const canChange = keys.some(({ device }) => !ended.has(device) && !(known && isSame(device, known.inForce)));
      if (keys.length > 1 && (canChange || known === undefined)) await look(meter, keys);
      else if (only !== undefined && (known === undefined || !holds(meter, known.inForce))) {
        enter(meter, { inForce: only.device });
      }
    }
  }

  return {
    get(meter, day) {
      const entry = entries.get(meter);
      if (entry === undefined) return undefined;
      const { inForce, queued } = entry;
      const device = day === undefined || queued === undefined || day < queued.effectiveDay ? inForce : queued.device;
      return day === undefined || holds(meter, device) ? device : undefined;
    },

    elsewhere(meter, day) {
      const { inForce, queued } = entries.get(meter) ?? {};
      const device = queued !== undefined && day >= queued.effectiveDay ? queued.device : inForce;
      if (device !== undefined && holds(meter, device)) return undefined;
      return device === undefined
        ? "the signer has no key of it"
        : `the signer does not have the key of its device ${device}`;
    },

    rotating: () =>
      new Map(
        [...(held ?? [])].flatMap(([meter, keys]): [number, number][] => {
          const lastDay = entries.get(meter)?.lastDay;
          return keys.length < 2 || lastDay === undefined ? [] : [[meter, lastDay]];
        }),
      ),

    refresh,

    async lookAgain(meter) {
      await refresh(true);
      await look(meter, held?.get(meter) ?? []);
    },
  };
}

const isSame = (a: Address, b: Address) => a.toLowerCase() === b.toLowerCase();
