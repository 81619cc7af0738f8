import type { Deployment } from "@commonwatt/sdk/deployment";
import { neighbourhoodDomain } from "@commonwatt/sdk/domains";
import { assertValidProfile, decodeIntervals, decodeQuality, type DayProfile } from "@commonwatt/sdk/profile";
import { hashSignedProfile, recoverDevice, type SignedProfile } from "@commonwatt/sdk/profile-signing";
import { dayEnd, type Day } from "@commonwatt/sdk/time";
import type { Address, Hex } from "viem";

import type { DeviceOnChain, Recorder } from "../../chain/recorder.ts";
import { createOutboxStore, type OutboxRow, type Route } from "../../outbox/outbox-store.ts";
import { sharesOn } from "../../settlement/build-view.ts";
import type { Database, Sql } from "../../storage/sql.ts";
import type { ReceiptState, ShownProfile } from "../message.ts";

export type TakingParts = {
  recorder: Pick<Recorder, "device" | "queuedSettings" | "queuedDevice" | "findRecorded">;
  deployment: Pick<Deployment, "chainId" | "neighbourhood">;
  database: Database;
  maxOpenDays: number;
  /** The oracle's clock, unix seconds. */
  nowSeconds: () => number;
};

/** What is to be told of a profile. */
export type Verdict = { state: ReceiptState; transaction?: Hex | undefined; reason?: string | undefined };

const COUNT_OPEN = `SELECT count(*) AS "rows" FROM outbox WHERE meter = ? AND state IN ('closed', 'signed', 'sent')`;
/** One that cannot get on chain any more, of a device that has been replaced, makes room for its successor's. */
const DROP = "DELETE FROM outbox WHERE id = ? AND state IN ('signed', 'parked')";

/**
 * Judges a profile that a gateway has shown, and puts a good one into the outbox, from where it goes on exactly as the
 * oracle's own do. Nothing is believed: who signed it is computed from the signature, and whether that one may is asked of
 * the chain. The same profile again changes nothing and tells how far it has come.
 *
 * @throws When the chain or the database does not answer: the gateway shows it again.
 */
export async function takeProfile(shown: ShownProfile, parts: TakingParts): Promise<Verdict> {
  const { deployment, database, nowSeconds } = parts;
  const { meter, profile } = shown;
  const domain = neighbourhoodDomain(deployment);
  if (shown.chainId !== deployment.chainId || !isSame(shown.neighbourhood, deployment.neighbourhood))
    return rejected("it is for another neighbourhood or chain");
  const row = await createOutboxStore(database).find(meter, profile.day);
  if (row?.signature !== undefined && isSameProfile(row, profile) && row.state !== "parked") return standingOf(row);

  let device: Address;
  let plain: DayProfile;
  try {
    plain = toPlain(profile);
    assertValidProfile(plain);
    device = await recoverDevice(domain, profile);
  } catch (error) {
    return rejected(error instanceof Error ? error.message : String(error));
  }
  if (!isSame(device, shown.device)) return rejected(`the signature is not that of ${shown.device}`);
  const end = dayEnd(plain.day);
  if (end > nowSeconds()) return { state: "early", reason: `the day is over at ${new Date(end * 1000).toISOString()}` };

  const entitled = await entitlement(meter, device, plain.day, parts);
  if ("state" in entitled) return entitled;
  if (row !== undefined && isSameProfile(row, profile)) return standingOf(row);
  if (row !== undefined && (row.device === undefined || isSame(row.device, device)))
    return rejected("the same device has signed another profile of that day, which is here already");
  const { lastDay } = entitled.onChain;
  if (plain.day <= lastDay) return consumed(meter, plain, lastDay, parts);
  return database.transaction((sql) =>
    keep(sql, { meter, profile: plain, signature: profile.signature, device, row, ...entitled }, parts),
  );
}

/** The receipt's digest of a profile. */
export function digestOf(deployment: TakingParts["deployment"], profile: SignedProfile): Hex {
  return hashSignedProfile(neighbourhoodDomain(deployment), profile);
}

/** How far a profile that is here has come. */
export function standingOf({ state, transactionHash, reason }: OutboxRow): Verdict {
  if (state === "recorded" || state === "settled" || state === "late") return { state, transaction: transactionHash };
  return state === "parked" ? { state: "refused", reason } : { state: "taken" };
}

type Entitled = { onChain: DeviceOnChain; route: Route };

/** Whether a device may sign a meter's day: the one in force, or the one that is queued from that day on. */
async function entitlement(
  meter: number,
  device: Address,
  day: Day,
  { recorder }: TakingParts,
): Promise<Entitled | Verdict> {
  const onChain = await recorder.device(device);
  if (onChain.meter === 0) {
    const queued = await recorder.queuedDevice(meter);
    if (queued.effectiveDay === 0 || !isSame(queued.device, device) || day < queued.effectiveDay)
      return { state: "rejected", reason: `device ${device} is not registered for meter ${meter} on that day` };
    // It takes over the word of the one before it; until then that one's says how the meter trades.
    return { onChain: { ...onChain, meter, active: true }, route: "share" };
  }
  if (onChain.meter !== meter) return rejected(`device ${device} is that of meter ${onChain.meter}`);
  if (!onChain.active) return rejected(`device ${device} is revoked or replaced`);
  const settings = onChain.settingsQueued ? await recorder.queuedSettings(meter) : undefined;
  return { onChain, route: sharesOn({ state: onChain, settings }, day) ? "share" : "record" };
}

/** A day that is on chain without having come from here: by this profile, or passed over by a later one. */
async function consumed(
  meter: number,
  { day, importRegister, exportRegister }: DayProfile,
  lastDay: number,
  { recorder }: TakingParts,
): Promise<Verdict> {
  const found = await recorder.findRecorded(meter, day);
  if (found === "too-new") return { state: "taken" };
  if (found?.importRegister === importRegister && found.exportRegister === exportRegister)
    return { state: "recorded", transaction: found.transactionHash };
  return { state: "refused", reason: `day ${lastDay} is on chain already, and days go in order` };
}

type Keeping = Entitled & {
  meter: number;
  profile: DayProfile;
  signature: Hex;
  device: Address;
  row: OutboxRow | undefined;
};

async function keep(
  sql: Sql,
  { meter, profile, signature, device, row, route }: Keeping,
  { maxOpenDays }: TakingParts,
): Promise<Verdict> {
  const outbox = createOutboxStore(sql);
  const open = Number((await sql.get(COUNT_OPEN, meter))?.["rows"] ?? 0);
  if (open >= maxOpenDays)
    return { state: "early", reason: `${open} days of this meter wait already, expected at most ${maxOpenDays}` };
  if (row !== undefined && (await sql.run(DROP, row.id)) === 0)
    return rejected("another device's profile of that day is on its way already");
  await outbox.add(meter, profile, route);
  const added = await outbox.find(meter, profile.day);
  if (added === undefined) throw new Error(`meter ${meter}, day ${profile.day} is not there after it was added`);
  await outbox.markSigned(added.id, device, signature);
  return { state: "taken" };
}

function toPlain({ day, importRegister, exportRegister, quality, intervals }: SignedProfile): DayProfile {
  return {
    day: day as Day,
    importRegister,
    exportRegister,
    quality: decodeQuality(quality),
    ...decodeIntervals(intervals),
  };
}

/** The content: a device that signs by chance (P-256) signs the same twice with two signatures. */
function isSameProfile({ profile }: OutboxRow, shown: SignedProfile): boolean {
  const { imports, exports } = decodeIntervals(shown.intervals);
  return (
    profile.day === shown.day &&
    profile.importRegister === shown.importRegister &&
    profile.exportRegister === shown.exportRegister &&
    profile.imports.every((units, index) => units === imports[index]) &&
    profile.exports.every((units, index) => units === exports[index]) &&
    decodeQuality(shown.quality).every((entry, index) => entry === profile.quality[index])
  );
}

const rejected = (reason: string): Verdict => ({ state: "rejected", reason });
const isSame = (a: string, b: string) => a.toLowerCase() === b.toLowerCase();
