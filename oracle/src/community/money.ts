import { CommonwattError, InvalidValueError } from "@commonwatt/sdk/commonwatt-error";
import { baseUnits, formatMoney } from "@commonwatt/sdk/units";
import { erc20Abi } from "viem";

import { act, type Actor, already, type Outcome, quiet } from "./act.ts";
import { requireMeter } from "./meters.ts";

/**
 * Pays the actor's own currency into its account here and on to the prepaid balance of its meter, up to the amount: a call
 * that is repeated pays in only what is missing.
 *
 * @param amountBaseUnits - What the meter is to have.
 */
export async function fundMeter(actor: Actor, meter: number, amountBaseUnits: bigint): Promise<Outcome> {
  await quiet(actor);
  const { community, account, say } = actor;
  const { reader, contract, deployment } = community;
  const owner = account.address;
  const known = await requireMeter(actor, meter);
  if (known.owner.toLowerCase() !== owner.toLowerCase()) {
    throw new InvalidValueError("account", owner, `${known.owner}: the owner of meter ${meter}`);
  }
  if (known.state === undefined) throw new CommonwattError(`Meter ${meter} has no device yet: fund it once it has one`);
  const missing = amountBaseUnits - known.state.balanceBaseUnits;
  if (missing <= 0n) return already(`Meter ${meter} holds ${money(known.state.balanceBaseUnits)} already.`);
  const inAccount = await reader.readContract({ ...contract, functionName: "accountBalance", args: [owner] });
  const toPay = missing - inAccount;
  if (toPay > 0n) {
    const currency = { address: deployment.currency, abi: erc20Abi } as const;
    const spender = deployment.neighbourhood;
    const allowed = await reader.readContract({ ...currency, functionName: "allowance", args: [owner, spender] });
    if (allowed < toPay) {
      const will = `The neighbourhood may take ${money(toPay)} from ${owner}.`;
      await act(actor, will, { ...currency, functionName: "approve", args: [spender, toPay] });
    }
    const will = `${money(toPay)} of ${owner} are paid into its account in the neighbourhood.`;
    const paid = await act(actor, will, { ...contract, functionName: "deposit", args: [owner, toPay] });
    if (actor.dryRun === true) return paid;
  }
  say(`Meter ${meter} is to hold ${money(amountBaseUnits)}.`);
  const will = `${money(missing)} move from the account of ${owner} to meter ${meter}, to pay for the energy it will buy.`;
  return act(actor, will, { ...contract, functionName: "fundMeter", args: [meter, missing] });
}

/** Money in words; the currency is any with 6 decimals. */
export function money(amountBaseUnits: bigint): string {
  return formatMoney(baseUnits(amountBaseUnits), "of the currency");
}
