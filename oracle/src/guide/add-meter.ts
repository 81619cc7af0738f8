import { dirname, resolve } from "node:path";

import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";

import { parseConfig } from "../config/load.ts";
import { writePrivate } from "../write-private.ts";
import { type NewMeterFacts } from "./meter-questions.ts";
import { readJson, toJson } from "./files.ts";

type RawConfig = { meters?: { meter?: unknown }[] } & Record<string, unknown>;

/**
 * Adds a meter to a config file and leaves the rest of it as it is.
 *
 * @returns False when a meter of that number was there: nothing is changed.
 * @throws ConfigError when the config would not be valid with it.
 */
export function addMeterToConfig(configFile: string, facts: NewMeterFacts): boolean {
  const { meter, fuseWatts, unitWh, openingImportWh, openingExportWh, wired } = facts;
  const raw = readJson(configFile);
  if (typeof raw !== "object" || raw === null) {
    throw new CommonwattError(`There is no config at ${configFile}, expected one that "init" or you have made`);
  }
  const config = raw as RawConfig;
  const meters = Array.isArray(config.meters) ? config.meters : [];
  if (meters.some((entry) => entry.meter === meter)) return false;
  const entry = { meter, fuseWatts, unitWh, openingImportWh, openingExportWh, ...wired };
  const changed = { ...config, meters: [...meters, entry] };
  parseConfig(changed, dirname(resolve(configFile)));
  writePrivate(configFile, toJson(changed));
  return true;
}
