import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";

/** One look at the oracle, at the end of a simulated day. */
export type Sample = {
  readonly day: number;
  /** Of which start of the process; a killed one begins anew. */
  readonly life: number;
  /** Memory of the oracle and of its signer, kB resident. */
  readonly oracleKb: number;
  readonly signerKb: number;
  /** The database without its write-ahead log, which comes and goes, bytes. */
  readonly databaseBytes: number;
};

/** Resident memory of a process and of its children, kB. Linux only. */
export async function memoryOf(pid: number): Promise<{ oracleKb: number; signerKb: number }> {
  const children = (await readFile(`/proc/${pid}/task/${pid}/children`, "utf8")).split(" ").filter(Boolean).map(Number);
  const each = await Promise.all(children.map(residentKb));
  return { oracleKb: await residentKb(pid), signerKb: each.reduce((sum, kb) => sum + kb, 0) };
}

async function residentKb(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+) kB$/mu.exec(status)?.[1] ?? Number.NaN);
}

/** Size of the SQLite databases of a folder, bytes. */
export async function sizeOf(folder: string): Promise<number> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".sqlite"));
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(folder, name))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** The straight line through points that is nearest to them, and how much of their spread it explains, 0 to 1. */
export function lineThrough(points: readonly (readonly [x: number, y: number])[]): {
  slope: number;
  start: number;
  explained: number;
} {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [meanX, meanY] = [mean(points.map(([x]) => x)), mean(points.map(([, y]) => y))];
  const sum = (of: (x: number, y: number) => number) =>
    points.reduce((total, [x, y]) => total + of(x - meanX, y - meanY), 0);
  const [xx, xy, yy] = [sum((x) => x * x), sum((x, y) => x * y), sum((_, y) => y * y)];
  const slope = xx === 0 ? 0 : xy / xx;
  return { slope, start: meanY - slope * meanX, explained: xx === 0 || yy === 0 ? 1 : (xy * xy) / (xx * yy) };
}

/** First days, which say nothing of a year: caches fill, and messages are kept for a week before the first are removed. */
const WARM_UP_DAYS = 10;

/** How memory and database went over the year, the first days left out. */
export function trends(samples: readonly Sample[]) {
  const [longest = []] = [...Map.groupBy(samples, ({ life }) => life).values()].toSorted((a, b) => b.length - a.length);
  const afterWarmUp = (of: readonly Sample[]) => of.slice(Math.min(WARM_UP_DAYS, Math.floor(of.length / 2)));
  const warm = afterWarmUp(longest);
  const memory = lineThrough(warm.map(({ day, oracleKb }) => [day, oracleKb] as const));
  const database = lineThrough(afterWarmUp(samples).map(({ day, databaseBytes }) => [day, databaseBytes] as const));
  return {
    oracleMegabytes: {
      least: megabytes(Math.min(...warm.map(({ oracleKb }) => oracleKb))),
      most: megabytes(Math.max(...samples.map(({ oracleKb }) => oracleKb))),
      last: megabytes(samples.at(-1)?.oracleKb ?? 0),
      daysWithoutRestart: longest.length,
      slopeKbPerDay: Math.round(memory.slope),
    },
    signerMegabytes: megabytes(Math.max(...samples.map(({ signerKb }) => signerKb))),
    database: {
      lastMegabytes: megabytes((samples.at(-1)?.databaseBytes ?? 0) / 1024),
      bytesPerDay: Math.round(database.slope),
      explainedByALine: Math.round(database.explained * 10_000) / 10_000,
    },
  };
}

function megabytes(kb: number): number {
  return Math.round((kb / 1024) * 10) / 10;
}
