/** Query keys. Everything under `chain` is read again with each new block. */
export const KEYS = {
  head: ["head"],
  chain: ["chain"],
  ledger: ["chain", "ledger"],
  offers: ["chain", "offers"],
  account: (address: string) => ["chain", "account", address],
  charge: ["chain", "charge"],
  market: ["chain", "market"],
  standing: (meter: number) => ["chain", "standing", meter],
  ownerAccount: (address: string) => ["chain", "owner account", address],
  /** Never changes once a day is settled. */
  settlement: (transactionHash: string) => ["settlement", transactionHash],
} as const;
