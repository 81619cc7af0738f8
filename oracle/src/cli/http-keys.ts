import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";

import { loadConfig } from "../config/load.ts";
import type { Config } from "../config/schema.ts";
import { addKey, type SenderKey } from "../http/keys-file.ts";
import { configOption, defineVerb, print } from "./verb.ts";

export const httpKeyVerb = defineVerb({
  usage: "--config FILE [--user N] [--node NAME]",
  options: {
    config: configOption,
    user: { type: "string", value: "N", about: "number of the sender, for encrypted input" },
    node: { type: "string", value: "NAME", about: "the only node that the key may write; any without it" },
  },
  details: "The key is shown this once. A running oracle knows it after a restart.",
  run: ({ config, ...options }) => {
    print(JSON.stringify(createHttpKey(loadConfig(config), options)));
  },
});

/**
 * Makes a key for the HTTP input and adds it to the config's file. It is shown this once; a running oracle knows it after a
 * restart.
 *
 * @param user - Number of the user from the command line.
 * @param node - The only node that the key may write.
 */
export function createHttpKey(
  { http }: Pick<Config, "http">,
  { user, node }: { user: string | undefined; node: string | undefined },
): SenderKey {
  if (http === undefined) throw new CommonwattError('The config has no "http" section, expected one with a keysFile');
  if (user !== undefined && !/^\d{1,10}$/u.test(user)) {
    throw new CommonwattError(`--user ${JSON.stringify(user)}, expected a number from 1`);
  }
  return addKey(http.keysFile, {
    ...(user === undefined ? {} : { user: Number(user) }),
    ...(node === undefined ? {} : { node }),
  });
}
