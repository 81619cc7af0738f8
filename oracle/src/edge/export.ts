import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";
import { neighbourhoodAbi } from "@commonwatt/sdk/generated/abis";
import { isoDay, parseIsoDay } from "@commonwatt/sdk/time";
import { type Address, encodeFunctionData, type Hex } from "viem";

import { configOption, defineVerb, print } from "../cli/verb.ts";
import type { Row, Sql } from "../storage/sql.ts";
import { createDayStore, type DayStanding, type SignedDay } from "./day-store.ts";
import { databaseFile } from "./gateway.ts";
import { type GatewayConfig, loadGatewayConfig } from "./gateway-config.ts";
import { encodeShown } from "./message.ts";

/** A signed day as it can be handed to the contract by anybody, from any wallet. */
export type ExportedDay = {
  meter: number;
  day: string;
  standing: DayStanding;
  /** As a relay takes it. */
  message: unknown;
  /** Where the calls go. */
  to: Address;
  chainId: number;
  /** `record`: a meter that trades by hand. `force`: a sharing one, in the first hour of its day's window. `late`: afterwards. */
  calls: { record: Hex; force: Hex; late: Hex };
};

export const exportVerb = defineVerb({
  usage: "--config FILE --out FOLDER [--meter N] [--day YYYY-MM-DD] [--all]",
  options: {
    config: { ...configOption, default: "edge.json", about: "the gateway's configuration" },
    out: { type: "string", value: "FOLDER", required: true, about: "folder that the files are written to" },
    meter: { type: "string", value: "N", about: "this meter only" },
    day: { type: "string", value: "YYYY-MM-DD", about: "this day only" },
    all: { type: "boolean", about: "also days that are known to be on chain" },
  },
  details:
    "Writes signed days to files, one each, while the gateway runs or not. Whoever has such a file can hand the day in " +
    "without the relay: as the data of a transaction to the contract, from any account. They cannot change it.",
  run({ config: file, out, meter, day, all }) {
    const config = loadGatewayConfig(file);
    const days = exportDays(config, {
      ...(meter === undefined ? {} : { meter: Number(meter) }),
      ...(day === undefined ? {} : { day: parseIsoDay(day) }),
      all,
    });
    return days.then((found) => {
      mkdirSync(out, { recursive: true });
      for (const exported of found) {
        const name = join(out, `meter-${exported.meter}-${exported.day}.json`);
        writeFileSync(name, `${JSON.stringify(exported, undefined, 2)}\n`);
        print(name);
      }
      if (found.length === 0) print("There is no such day that is not on chain already (--all: those too)");
    });
  },
});

/**
 * Reads signed days out of a gateway's database, which may be in use.
 *
 * @param wanted - `all`: also those known to be on chain.
 * @throws CommonwattError when there is no database.
 */
export async function exportDays(
  config: Pick<GatewayConfig, "dataDir" | "neighbourhood" | "rpcUrl">,
  wanted: { meter?: number; day?: number; all: boolean },
): Promise<ExportedDay[]> {
  const found = await readDays(config);
  // A relay that withholds a day may well say that it is on chain: its word is good where there is no other.
  const isDone = (standing: DayStanding) =>
    standing === "proven" || (standing === "claimed" && config.rpcUrl === undefined);
  return found
    .filter((of) => wanted.meter === undefined || of.meter === wanted.meter)
    .filter((of) => wanted.day === undefined || of.day === wanted.day)
    .filter(({ standing }) => wanted.all || !isDone(standing))
    .map((of) => exportDay(of, config.neighbourhood));
}

/** All signed days of a gateway. */
export async function readDays(config: Pick<GatewayConfig, "dataDir">): Promise<SignedDay[]> {
  const file = databaseFile(config);
  if (!existsSync(file)) throw new CommonwattError(`There is no database of a gateway: expected ${file}`);
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    return await createDayStore(readingSql(database)).all();
  } finally {
    database.close();
  }
}

function exportDay(of: SignedDay, { chainId, address }: GatewayConfig["neighbourhood"]): ExportedDay {
  const { meter, day, device, profile, standing } = of;
  const call = (functionName: "record" | "force" | "late") =>
    encodeFunctionData({ abi: neighbourhoodAbi, functionName, args: [profile] });
  return {
    meter,
    day: isoDay(day),
    standing,
    message: JSON.parse(encodeShown({ chainId, neighbourhood: address, meter, device, profile })) as unknown,
    to: address,
    chainId,
    calls: { record: call("record"), force: call("force"), late: call("late") },
  };
}

/** What reading a database in use takes of the interface, beside the process that writes it. */
function readingSql(database: DatabaseSync): Sql {
  const refuse = () => Promise.reject(new Error("this connection only reads"));
  return {
    all: (text, ...parameters) => Promise.resolve(database.prepare(text).all(...parameters) as Row[]),
    get: (text, ...parameters) => Promise.resolve(database.prepare(text).get(...parameters) as Row | undefined),
    run: refuse,
    runMany: refuse,
  };
}
