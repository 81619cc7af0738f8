import type { Address } from "viem";

import type { Deployment } from "@commonwatt/sdk/deployment";
import type { MeterEntry } from "@commonwatt/sdk/ledger/types";
import type { Custody } from "@commonwatt/sdk/meters";

import { sameAddress, shortHex } from "../lib/format.ts";

/** What people call an account: the demo's name for it, or its short address. */
export function accountName(deployment: Pick<Deployment, "demo">, address: Address): string {
  return deployment.demo?.accounts.find((account) => sameAddress(account.address, address))?.name ?? shortHex(address);
}

/** What people call a meter: the demo's name for its home, or its kind and number. */
export function meterName(
  deployment: Pick<Deployment, "demo">,
  meter: Pick<MeterEntry, "meter" | "kind"> | undefined,
  number: number,
): string {
  const named = deployment.demo?.accounts.find((account) => account.meter === number)?.name;
  if (named !== undefined) return named;
  return meter === undefined ? `Meter ${number}` : `${capitalized(meter.kind)} ${number}`;
}

/** "Solar plant". */
export function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Where a device's key is kept, and what that is worth. */
export const CUSTODY_TEXT: Record<Custody, { short: string; meaning: string }> = {
  operator: { short: "Operator", meaning: "The operator keeps the key of this meter: you trust the operator." },
  gateway: { short: "Gateway", meaning: "The key is in the gateway beside the meter: you trust who can open the box." },
  "secure element": { short: "Secure element", meaning: "The key is in a chip that does not give it away." },
};
