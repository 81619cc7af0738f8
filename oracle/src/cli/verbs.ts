import { COMMUNITY_VERBS } from "../community/verbs/table.ts";
import type { Verb } from "./verb.ts";

/** A verb in the table: what the list of all verbs says of it, and its code, which is loaded for this verb only. */
export type VerbEntry = { about: string; load: () => Promise<Verb> };

/** Every verb of the command line, in the order in which an operator meets them. */
export const VERBS: Readonly<Record<string, VerbEntry>> = {
  init: {
    about: "the guided first hour: chain, neighbourhood, keys, configuration, first meters",
    load: async () => (await import("../guide/init-verb.ts")).initVerb,
  },
  pair: {
    about: "bring a meter all the way: configuration, key, the owner's consent, registration",
    load: async () => (await import("../guide/pair-verb.ts")).pairVerb,
  },
  watch: {
    about: "say what the running oracle waits for, until its first day is on chain",
    load: async () => (await import("../guide/watch-verb.ts")).watchVerb,
  },
  check: {
    about: "check the configuration and say what it means",
    load: async () => (await import("./check.ts")).checkVerb,
  },
  discover: {
    about: "listen, and propose the meters of what is heard",
    load: async () => (await import("./discover.ts")).discoverVerb,
  },
  "keys create": {
    about: "make the device keys of meters, or keys of accounts",
    load: async () => (await import("./keys.ts")).createKeysVerb,
  },
  "keys import": {
    about: "take in a key that was made elsewhere",
    load: async () => (await import("./keys-import.ts")).importKeyVerb,
  },
  "keys list": {
    about: "show whose keys are there",
    load: async () => (await import("./keys-list.ts")).listKeysVerb,
  },
  "keys rotate": {
    about: "replace a device's key by a new one",
    load: async () => (await import("./keys-rotate.ts")).rotateKeyVerb,
  },
  "keys revoke": {
    about: "end a key that is lost or stolen",
    load: async () => (await import("./keys-revoke.ts")).revokeKeyVerb,
  },
  "keys http": {
    about: "make a key for a sender of the HTTP input",
    load: async () => (await import("./http-keys.ts")).httpKeyVerb,
  },
  possession: {
    about: "sign the proof that a device holds its key, for its registration",
    load: async () => (await import("./possession.ts")).possessionVerb,
  },
  signer: {
    about: "hold the devices' keys on this machine and sign for an oracle on another",
    load: async () => (await import("./signer.ts")).signerVerb,
  },
  run: {
    about: "read the meters, sign, record and settle their days, serve the offer board",
    load: async () => (await import("./run.ts")).runVerb,
  },
  status: {
    about: "ask the running oracle how it stands, and what to do",
    load: async () => (await import("./status.ts")).statusVerb,
  },
  doctor: {
    about: "look at everything the oracle needs, and say what is wrong and what to do",
    load: async () => (await import("../doctor/verb.ts")).doctorVerb,
  },
  backup: {
    about: "back up everything but keys, while the oracle runs or not",
    load: async () => (await import("../backup/verbs.ts")).backupVerb,
  },
  restore: {
    about: "restore a backup into an empty data folder and database",
    load: async () => (await import("../backup/verbs.ts")).restoreVerb,
  },
  edge: {
    about: "on a gateway: read the meters, sign their days here, and show them to a relay",
    load: async () => (await import("../edge/start-verb.ts")).edgeVerb,
  },
  "edge pair": {
    about: "on a gateway: make its keys, and print what the operator registers",
    load: async () => (await import("../edge/pair.ts")).pairVerb,
  },
  "edge status": {
    about: "on a gateway: say how far its days have come",
    load: async () => (await import("../edge/status-verb.ts")).edgeStatusVerb,
  },
  "edge export": {
    about: "on a gateway: write signed days to files, to hand them in without the relay",
    load: async () => (await import("../edge/export.ts")).exportVerb,
  },
  ...COMMUNITY_VERBS,
  export: {
    about: "write what is known of a meter to files, for its owner",
    load: async () => (await import("../export/export-verb.ts")).exportVerb,
  },
  backfill: {
    about: "hand in readings that did not arrive, from a file",
    load: async () => (await import("../backfill/backfill-verb.ts")).backfillVerb,
  },
};
