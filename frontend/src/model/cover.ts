/** Days whose payments make the average. */
export const AVERAGE_DAYS = 14;

/**
 * How long a prepaid balance lasts.
 * - "unknown": nothing has been settled for this meter yet.
 * - "earning": on average the meter is paid, so its balance grows.
 * - "days": whole days at the average cost; 0 means less than one.
 */
export type Cover =
  | { kind: "unknown" }
  | { kind: "earning"; perDayBaseUnits: bigint; ofDays: number }
  | { kind: "days"; days: number; perDayBaseUnits: bigint; ofDays: number };

/**
 * Divides a balance by the average daily cost of the last settled days.
 *
 * @param payments - What the meter paid, newest day first; negative: was paid.
 */
export function coverOf(balanceBaseUnits: bigint, payments: readonly bigint[]): Cover {
  const recent = payments.slice(0, AVERAGE_DAYS);
  if (recent.length === 0) return { kind: "unknown" };
  const sum = recent.reduce((total, payment) => total + payment, 0n);
  const ofDays = recent.length;
  if (sum <= 0n) return { kind: "earning", perDayBaseUnits: -sum / BigInt(ofDays), ofDays };
  const days = Number((balanceBaseUnits * BigInt(ofDays)) / sum);
  return { kind: "days", days, perDayBaseUnits: (sum + BigInt(ofDays) - 1n) / BigInt(ofDays), ofDays };
}
