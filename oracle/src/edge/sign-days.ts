import { isoDay, parseIsoDay } from "@commonwatt/sdk/time";
import type { Logger } from "pino";
import type { Address } from "viem";

import type { OutboxRow, OutboxStore } from "../outbox/outbox-store.ts";
import { ConflictingProfileError } from "../signer/memory.ts";
import type { Signer, SignerDevice } from "../signer/signer.ts";
import type { GatewayMeter } from "./gateway-config.ts";
import type { ChainProof } from "./proof.ts";

/** Days read at a time. */
const BATCH = 16;

export type SigningParts = {
  outbox: OutboxStore;
  signer: Signer;
  meters: readonly GatewayMeter[];
  /** Undefined where the gateway knows no node. */
  proof: ChainProof | undefined;
  log: Logger;
};

/**
 * Has the closed days signed by their meters' devices, here, one after the other. Of a meter with a next key the chain says
 * whose turn it is, or the config where no node is known.
 *
 * @returns How many were signed.
 * @throws Once all meters have had their turn, when a key cannot be opened or the chain does not answer: that meter's days wait.
 */
export async function signDays({ outbox, signer, meters, proof, log }: SigningParts): Promise<number> {
  let rows = await outbox.toSign(BATCH);
  if (rows.length === 0) return 0;
  const devices = await signer.devices();
  const troubled = new Map<number, unknown>();
  let signed = 0;

  async function sign(row: OutboxRow): Promise<void> {
    if (troubled.has(row.meter)) return;
    const where = { meter: row.meter, day: isoDay(row.profile.day) };
    try {
      const device = await deviceFor(row, devices, meters, proof);
      await outbox.markSigned(row.id, device, await signer.signProfile(device, row.profile));
      signed++;
      log.info({ event: "signed", ...where }, `Meter ${where.meter}, ${where.day} is signed`);
    } catch (error) {
      if (!(error instanceof ConflictingProfileError)) {
        troubled.set(row.meter, error);
        return;
      }
      await outbox.park(row.id, error.message);
      log.error(
        { event: "parked", ...where, reason: error.message },
        `Meter ${where.meter}, ${where.day} cannot be signed, its energy stays in the registers: ${error.message}`,
      );
    }
  }

  for (;;) {
    for (const row of rows) await sign(row);
    if (rows.length < BATCH) break;
    rows = await outbox.toSign(BATCH, rows.at(-1));
  }
  for (const error of troubled.values()) throw error;
  return signed;
}

async function deviceFor(
  { meter, profile }: OutboxRow,
  devices: readonly SignerDevice[],
  meters: readonly GatewayMeter[],
  proof: ChainProof | undefined,
): Promise<Address> {
  const of = (standing: SignerDevice["standing"]) =>
    devices.find((entry) => entry.meter === meter && entry.standing === standing)?.device;
  const [current, next] = [of("current"), of("next")];
  if (current === undefined) throw new Error(`There is no key of meter ${meter}: make it with "edge pair"`);
  if (next === undefined) return current;
  const from = meters.find((entry) => entry.meter === meter)?.nextKeyFrom;
  if (from !== undefined) return profile.day >= parseIsoDay(from) ? next : current;
  if (proof === undefined) return current;
  const facts = await proof.device(next);
  return facts.meter === meter && facts.active ? next : current;
}
