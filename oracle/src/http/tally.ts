/** Counts of the HTTP input, for the health report. */
export type Tally = {
  requests: number;
  /** Requests answered with success. */
  taken: number;
  /** Encrypted messages that had been taken before. */
  repeated: number;
  /** Connections that ended before they could be answered. */
  cutOff: number;
  /** Requests that were not taken, by status. */
  refused: Record<string, number>;
};

export function createTally(): Tally {
  return { requests: 0, taken: 0, repeated: 0, cutOff: 0, refused: {} };
}
