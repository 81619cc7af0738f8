import { readFileSync } from "node:fs";
import { join } from "node:path";

import { z } from "zod";

import { writeWhole } from "./write-whole.ts";

/** How large the database and the submitter's balance were at a moment. */
export type Sample = { atMs: number; databaseBytes: number | null; balanceWei: bigint | null };

/** What a day costs, by what the last week cost; null before half a day has been seen. */
export type Pace = { growthBytesPerDay: number | null; spentWeiPerDay: bigint | null };

const DAY_MS = 86_400_000;
const EVERY_MS = 3_600_000;
const KEPT_MS = 7 * DAY_MS;
/** Less would take the database's first fill for its growth. */
const LEAST_MS = DAY_MS / 2;

const FILE = "pace.json";
const fileSchema = z.array(
  z.strictObject({
    atMs: z.int().min(0),
    databaseBytes: z.int().min(0).nullable(),
    balanceWei: z.string().regex(/^\d+$/u).nullable(),
  }),
);

/**
 * Samples of the last week, one an hour, in a small file of the data folder: so that the pace is known after a restart, and to
 * `doctor` while no oracle runs.
 *
 * @param dataDir - Absolute.
 */
export function createHistory(dataDir: string) {
  const file = join(dataDir, FILE);
  let samples = readSamples(dataDir);
  return {
    /** Keeps a sample where the last one is an hour old; a disk that is full costs it. */
    note(sample: Sample): void {
      const last = samples.at(-1);
      if (last !== undefined && sample.atMs >= last.atMs && sample.atMs - last.atMs < EVERY_MS) return;
      // A clock that was set back leaves no samples from the future.
      samples = [
        ...samples.filter(({ atMs }) => atMs < sample.atMs && atMs > sample.atMs - KEPT_MS - EVERY_MS),
        sample,
      ];
      try {
        writeWhole(
          file,
          JSON.stringify(samples.map((one) => ({ ...one, balanceWei: one.balanceWei?.toString() ?? null }))),
        );
      } catch {
        // The alarm about the disk says it; nothing else depends on this file.
      }
    },
    pace: () => paceOf(samples),
  };
}

/** The samples of a data folder; none where there is no such file, or it cannot be read. */
export function readSamples(dataDir: string): Sample[] {
  let text: string;
  try {
    text = readFileSync(join(dataDir, FILE), "utf8");
  } catch {
    return [];
  }
  const parsed = fileSchema.safeParse(parseJson(text));
  if (!parsed.success) return [];
  return parsed.data.map((sample) => ({
    ...sample,
    balanceWei: sample.balanceWei === null ? null : BigInt(sample.balanceWei),
  }));
}

/** Growth from the first sample to the last; of the balance what went out, for what comes in is no income. */
export function paceOf(samples: readonly Sample[]): Pace {
  const sizes = samples.filter(({ databaseBytes }) => databaseBytes !== null);
  const [first, last] = [sizes[0], sizes.at(-1)];
  const balances = samples.filter(({ balanceWei }) => balanceWei !== null);
  let spent = 0n;
  for (const [index, { balanceWei }] of balances.entries()) {
    const fell = (balances[index - 1]?.balanceWei ?? 0n) - (balanceWei ?? 0n);
    if (index > 0 && fell > 0n) spent += fell;
  }
  const spanMs = (of: readonly Sample[]) => (of.at(-1)?.atMs ?? 0) - (of[0]?.atMs ?? 0);
  const sizesMs = spanMs(sizes);
  const balancesMs = spanMs(balances);
  return {
    growthBytesPerDay:
      sizesMs < LEAST_MS
        ? null
        : Math.round((((last?.databaseBytes ?? 0) - (first?.databaseBytes ?? 0)) * DAY_MS) / sizesMs),
    spentWeiPerDay: balancesMs < LEAST_MS ? null : (spent * BigInt(DAY_MS)) / BigInt(balancesMs),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
