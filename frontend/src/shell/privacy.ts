/** The one sentence everybody must have read before taking part. */
export const PRIVACY =
  "A home\u2019s electricity use, quarter-hour by quarter-hour, is published here under a pseudonym: anyone can read it, for ever.";
