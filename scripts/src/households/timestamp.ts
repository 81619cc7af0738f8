const TIMESTAMP = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2})(?::(\d{2}))?Z?$/u;

/**
 * Unix seconds of `YYYY-MM-DDTHH:MM[:SS][Z]`, always read as UTC.
 *
 * @returns undefined if the text is not of that form, or names a moment that does not exist such as 30 February.
 */
export function parseTimestamp(text: string): number | undefined {
  const match = TIMESTAMP.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second = "00"] = match;
  const iso = `${year}-${month}-${day}T${hour}:${minute}:${second}.000Z`;
  const date = new Date(iso);
  // A lenient parser rolls 30 February over into March; the round trip shows it.
  return !Number.isNaN(date.getTime()) && date.toISOString() === iso ? date.getTime() / 1000 : undefined;
}
