/** Query keys. Everything under `chain` is read again with each new block. */
export const KEYS = {
  head: ["head"],
  chain: ["chain"],
  ledger: ["chain", "ledger"],
  offers: ["chain", "offers"],
  account: (address: string) => ["chain", "account", address],
  charge: ["chain", "charge"],
} as const;
