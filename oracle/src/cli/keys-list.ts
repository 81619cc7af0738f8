import { basename } from "node:path";

import { listKeys, type StoredKey } from "../keystore/keystore.ts";
import { nameOf } from "../keystore/owner.ts";
import { type KeyFolder, loadKeyFolder } from "./key-folder.ts";
import { configOption, defineVerb, print } from "./verb.ts";

export const listKeysVerb = defineVerb({
  usage: "--config FILE [--json]",
  options: { config: configOption, json: { type: "boolean", about: "as JSON" } },
  details:
    "Opens no key: an address is what the file says of itself.\n" +
    "next: waits to take over. retired: signs what is left of its days. revoked: never signs again.",
  run({ config, json }) {
    const folder = loadKeyFolder(config);
    print(json ? JSON.stringify(describeKeys(folder)) : showKeys(folder));
  },
});

/** The keys of a config's keystore. */
export function describeKeys({ keystoreDir }: Pick<KeyFolder, "keystoreDir">) {
  return listKeys(keystoreDir).map(({ owner, standing, curve, address, file }: StoredKey) => ({
    owner: typeof owner === "string" ? owner : owner.meter,
    standing,
    curve,
    address: address ?? null,
    file: basename(file),
  }));
}

function showKeys({ keystoreDir }: KeyFolder): string {
  const lines = listKeys(keystoreDir).map(
    ({ owner, standing, curve, address }) =>
      `${nameOf(owner).padEnd(16)} ${standing.padEnd(8)} ${curve.padEnd(9)} ${address ?? "address not in the file"}`,
  );
  return lines.length === 0 ? `There are no keys in ${keystoreDir}` : lines.join("\n");
}
