/** What a sub-channel behind the metering point is used for. Private: it never leaves the oracle's database. */
export const USES = ["heating", "lighting", "cooking", "cleaning", "entertainment", "charging", "other"] as const;
export type Use = (typeof USES)[number];
