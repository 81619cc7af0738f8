/**
 * One line of the bench: what was done, with its parameters, and its gas. `gas` is the whole transaction's (of a settled
 * day: announcement and settlement), or, where `wholeGas` stands beside it, the whole transaction's divided by the number
 * of intervals.
 */
export type Row = { bench: string; gas: number } & Record<string, string | number>;

/** What of a row was measured; the rest says what was done. */
export const MEASURED: readonly string[] = ["gas", "wholeGas", "gasPerHouseholdDay", "announceGas", "newSlots"];
