import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { type Deployment, parseDeployment } from "@commonwatt/sdk/deployment";
import { z } from "zod";
import { type Address, getAddress } from "viem";

const configSchema = z.object({
  http: z.object({ host: z.string(), port: z.int(), keysFile: z.string() }),
  board: z.object({ host: z.string(), port: z.int() }),
  meters: z.array(z.object({ meter: z.int(), node: z.string(), openingImportWh: z.int() })),
});
const keySchema = z.object({ address: z.string().regex(/^(0x)?[\da-f]{40}$/iu) });

/** What the rehearsal sees of the oracle: files that its operator made. It knows none of the oracle's code. */
export type SeenConfig = z.infer<typeof configSchema>;

/** The accounts that the operator made so far. */
export function seenAccounts(folder: string): Address[] {
  return ["operator", "submitter"].flatMap((owner) => {
    const file = join(folder, "keystore", `${owner}.json`);
    if (!existsSync(file)) return [];
    try {
      const { address } = keySchema.parse(JSON.parse(readFileSync(file, "utf8")));
      return [getAddress(`0x${address.replace(/^0x/u, "")}`)];
    } catch {
      // Half written: the next look finds it whole.
      return [];
    }
  });
}

/** The links that wait for an owner. */
export function seenLinks(folder: string): string[] {
  const pairing = join(folder, "data", "pairing");
  if (!existsSync(pairing)) return [];
  const names = readdirSync(pairing).filter((name) => name.endsWith(".link"));
  return names.flatMap((name) => {
    try {
      return [readFileSync(join(pairing, name), "utf8").trim()];
    } catch {
      // Answered, and removed, in between.
      return [];
    }
  });
}

export function seenConfig(folder: string): SeenConfig | undefined {
  const file = join(folder, "config.json");
  return existsSync(file) ? configSchema.parse(JSON.parse(readFileSync(file, "utf8"))) : undefined;
}

export function seenDeployment(folder: string): Deployment | undefined {
  const file = join(folder, "deployment.json");
  return existsSync(file) ? parseDeployment(readFileSync(file, "utf8")) : undefined;
}

/** The key that gateways show: the second word of a line of the keys file. */
export function gatewayKey(folder: string, { http }: SeenConfig): string {
  const lines = readFileSync(join(folder, http.keysFile), "utf8").split("\n");
  const key = lines.map((line) => /^\d+ ([\da-f]{32})/u.exec(line)?.[1]).find((found) => found !== undefined);
  if (key === undefined) throw new Error(`There is no key in ${http.keysFile}.`);
  return key;
}

/** The oracle's clock, unix seconds; undefined while it does not run. */
export async function oracleNow({ board }: SeenConfig): Promise<number | undefined> {
  try {
    const response = await fetch(`http://${board.host}:${board.port}/api/health`, {
      signal: AbortSignal.timeout(5_000),
    });
    const { clock } = z.object({ clock: z.iso.datetime() }).parse(await response.json());
    return Date.parse(clock) / 1000;
  } catch {
    return undefined;
  }
}
