import { formatEther } from "viem";

const UNITS = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
] as const;

/** A span in its largest whole unit. @example ago(7_300_000) // "2 hours" */
export function ago(ms: number): string {
  const seconds = Math.max(Math.round(ms / 1000), 0);
  const [unit, size] = UNITS.find(([, length]) => seconds >= 2 * length || seconds === length) ?? ["second", 1];
  const count = Math.floor(seconds / size);
  return `${count} ${unit}${count === 1 ? "" : "s"}`;
}

/** Days without fractions where there are many; beyond ten years it does not matter how many. */
export function days(count: number): string {
  if (count > 3_650) return "more than ten years";
  const shown = count >= 10 ? String(Math.floor(count)) : String(Math.floor(count * 10) / 10);
  return `${shown} day${shown === "1" ? "" : "s"}`;
}

/** @example megabytes(1_500_000_000) // "1.5 GB" */
export function megabytes(bytes: number | null): string {
  if (bytes === null) return "an unknown number of bytes";
  return bytes >= 1e9 ? `${Math.round(bytes / 1e8) / 10} GB` : `${Math.round(bytes / 1e6)} MB`;
}

/** With four digits behind the point, rounded down. */
export function ether(wei: bigint | null): string {
  if (wei === null) return "an unknown amount of ether";
  const [whole = "0", fraction = ""] = formatEther(wei).split(".");
  return `${whole}.${fraction.slice(0, 4).padEnd(4, "0")} ether`;
}
