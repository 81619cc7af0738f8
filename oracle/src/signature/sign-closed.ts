import { isoDay } from "@commonwatt/sdk/time";
import type { Logger } from "pino";

import type { OutboxRow, OutboxStore } from "../outbox/outbox-store.ts";
import type { Signer } from "../signer/signer.ts";
import type { Roster } from "./roster.ts";
import { SignerRefusedError, SignerTroubleError } from "./signer-errors.ts";

/** Days that a call has signed at most; what only waits does not count. */
const BATCH = 64;

/**
 * Has the closed days signed by their meters' devices.
 *
 * A refusal parks the profile. What the signer could not sign now waits for the next call, with its meter's later days, and
 * holds up no other meter; when the signer is not there, everything waits.
 *
 * @param devices - Which device signs a meter's day. A day whose device has its key elsewhere waits.
 * @returns How many were signed.
 * @throws SignerUnavailableError when the signer does not answer; SignerTroubleError, once all have had their turn, when
 *   there was something that it could not sign.
 */
export async function signClosed(
  outbox: OutboxStore,
  signer: Signer,
  devices: Pick<Roster, "get" | "elsewhere">,
  log: Logger,
): Promise<number> {
  let signed = 0;
  let parked = 0;
  const troubled = new Map<number, SignerTroubleError>();

  async function sign({ id, meter, profile }: OutboxRow): Promise<void> {
    if (troubled.has(meter) || devices.elsewhere(meter, profile.day) !== undefined) return;
    const device = devices.get(meter, profile.day);
    const where = { event: "signed", meter, day: isoDay(profile.day) };
    try {
      if (device === undefined) throw new SignerRefusedError(`The signer has no key of meter ${meter}`);
      await outbox.markSigned(id, device, await signer.signProfile(device, profile));
      signed++;
      log.debug(where, `The device of meter ${meter} signed ${where.day}`);
    } catch (error) {
      if (error instanceof SignerTroubleError) {
        troubled.set(meter, error);
        return;
      }
      if (!(error instanceof SignerRefusedError)) throw error;
      await outbox.parkUnsigned(id, error.message);
      parked++;
      log.error(
        { ...where, event: "parked", reason: error.message },
        `Meter ${meter}, ${where.day} is parked: ${error.message}`,
      );
    }
  }

  // Past whatever waits for a key: however many days that are, the other meters' come behind them.
  let rows = await outbox.toSign(BATCH);
  for (;;) {
    for (const row of rows) await sign(row);
    if (rows.length < BATCH || signed + parked >= BATCH) break;
    rows = await outbox.toSign(BATCH, rows.at(-1));
  }
  const [trouble] = troubled.values();
  if (trouble !== undefined) throw trouble;
  return signed;
}
