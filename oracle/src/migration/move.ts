import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";
import { CUSTODIES, enumWord, KEY_TYPES } from "@commonwatt/sdk/meters";
import type { Address, Hex } from "viem";

import type { Actor, Outcome } from "../community/act.ts";
import { registerDevice } from "../community/devices.ts";
import { eventsOf } from "../community/look.ts";
import { closeMeter } from "../community/meters.ts";
import type { Community } from "../community/open.ts";
import { carried, obstacleOf, timeObstacle } from "./plan.ts";
import { type Survey, surveyNeighbourhood, type SurveyedMeter } from "./survey.ts";

/** Proves to the new neighbourhood that a device's key is here. Registers in the meter's unit. */
export type Prove = (
  meter: number,
  registers: { importRegister: bigint; exportRegister: bigint },
  device: Address,
) => Promise<{ device: Address; signature: Hex }>;

export type MoveParts = {
  /** The operator, on the old and on the new neighbourhood. */
  from: Actor;
  to: Actor;
  prove: Prove;
  /** Meters that are moved though their last days are not on chain. */
  without?: readonly number[];
};

/** A meter on its way, and the proof of its device; without one, it has none to take along. */
type Move = { meter: SurveyedMeter; possession: Hex | undefined };

/**
 * Moves the meters: each is closed on the old contract and opens on the new one, with the same device, at its closing
 * registers. Killed at any moment, it goes on: what is left to do is read from the chain.
 *
 * @throws CommonwattError before anything is closed, when a meter is not ready, a proof cannot be had, or the rest of the
 *   day is too short.
 */
export async function moveMeters({ from, to, prove, without = [] }: MoveParts): Promise<Outcome[]> {
  const [old, target] = [await surveyNeighbourhood(from.community), await surveyNeighbourhood(to.community)];
  const active = await closedWithActiveDevice(from.community);
  const there = new Map(target.meters.map((meter) => [meter.meter, meter]));
  const meters = carried(old, target).filter(
    (meter) => !meter.closed || (active.has(meter.meter) && there.get(meter.meter)?.device === undefined),
  );
  requireReady(old, target, meters, new Set(without));

  const moves: Move[] = [];
  for (const meter of meters) moves.push({ meter, possession: await proofOf(meter, active, prove) });

  const outcomes: Outcome[] = [];
  for (const { meter, possession } of moves) {
    outcomes.push(await closeMeter(from, meter.meter));
    const { device, state } = meter;
    if (possession === undefined || device === undefined || state === undefined) continue;
    const { importRegister, exportRegister } = state;
    outcomes.push(
      await registerDevice(to, {
        meter: meter.meter,
        device,
        possession,
        importRegister,
        exportRegister,
        keyType: enumWord("keyType", KEY_TYPES, meter.keyType),
        custody: enumWord("custody", CUSTODIES, meter.custody),
      }),
    );
  }
  return outcomes;
}

function requireReady(
  old: Survey,
  target: Survey,
  meters: readonly SurveyedMeter[],
  without: ReadonlySet<number>,
): void {
  const registered = new Set(target.meters.map(({ meter }) => meter));
  const missing = meters.filter(({ meter }) => !registered.has(meter)).map(({ meter }) => meter);
  if (missing.length > 0) {
    throw new CommonwattError(
      `The new neighbourhood does not know the meters ${missing.join(", ")}: run "migrate prepare" first`,
    );
  }
  const obstacles = meters.map((meter) => obstacleOf(meter, old, without)).filter((text) => text !== undefined);
  const open = meters.filter(({ closed }) => !closed);
  const late = open.length === 0 ? undefined : timeObstacle(old, open.length);
  if (late !== undefined) obstacles.push(late);
  if (obstacles.length > 0) {
    throw new CommonwattError(`Nothing was moved. In the way: ${obstacles.join(". ")}`);
  }
}

async function proofOf(meter: SurveyedMeter, active: ReadonlySet<number>, prove: Prove): Promise<Hex | undefined> {
  const { device, state } = meter;
  if (device === undefined || state === undefined) return undefined;
  if (!state.active && !active.has(meter.meter)) return undefined;
  const { importRegister, exportRegister } = state;
  const proof = await prove(meter.meter, { importRegister, exportRegister }, device).catch((error: unknown) => {
    throw new CommonwattError(
      `Nothing was moved: the device ${device} of meter ${meter.meter} does not prove itself to the new neighbourhood: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    );
  });
  if (proof.device.toLowerCase() === device.toLowerCase()) return proof.signature;
  throw new CommonwattError(
    `Nothing was moved: the key of meter ${meter.meter} is that of ${proof.device}, expected that of its device ${device}`,
  );
}

/** Meters whose device signed until they were closed: closing revoked it, in the same transaction. */
export async function closedWithActiveDevice(community: Community): Promise<Set<number>> {
  const events = await eventsOf(community, ["MeterClosed", "DeviceRevoked"]);
  const closings = new Map(
    events
      .filter(({ eventName }) => eventName === "MeterClosed")
      .map((event) => [event.args.meter, event.transactionHash]),
  );
  return new Set(
    events
      .filter(({ eventName, args, transactionHash }) => {
        return eventName === "DeviceRevoked" && closings.get(args.meter) === transactionHash;
      })
      .map(({ args }) => args.meter),
  );
}
