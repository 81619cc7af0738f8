import type { VerbEntry } from "../../cli/verbs.ts";

/** What an operator does on chain, in the order in which it is met. */
export const COMMUNITY_VERBS: Readonly<Record<string, VerbEntry>> = {
  "neighbourhood deploy": {
    about: "deploy a new neighbourhood",
    load: async () => (await import("./neighbourhood.ts")).deployVerb,
  },
  "neighbourhood join": {
    about: "check a neighbourhood that exists, and note its addresses",
    load: async () => (await import("./neighbourhood.ts")).joinVerb,
  },
  "neighbourhood roles": {
    about: "say who may do what",
    load: async () => (await import("./neighbourhood.ts")).rolesVerb,
  },
  "neighbourhood grant": {
    about: "give a role to an account",
    load: async () => (await import("./neighbourhood.ts")).grantRoleVerb,
  },
  "neighbourhood revoke": {
    about: "take a role from an account",
    load: async () => (await import("./neighbourhood.ts")).revokeRoleVerb,
  },
  "members admit": {
    about: "let an account own meters",
    load: async () => (await import("./members.ts")).admitMemberVerb,
  },
  "members remove": { about: "end a membership", load: async () => (await import("./members.ts")).removeMemberVerb },
  "members list": { about: "list the members", load: async () => (await import("./members.ts")).listMembersVerb },
  "meters register": {
    about: "add a metering point to the neighbourhood",
    load: async () => (await import("./meters.ts")).registerMeterVerb,
  },
  "meters close": { about: "end a meter, for ever", load: async () => (await import("./meters.ts")).closeMeterVerb },
  "meters cap": {
    about: "set the most energy of a meter in a quarter-hour",
    load: async () => (await import("./meters.ts")).capMeterVerb,
  },
  "meters rebase": {
    about: "set the registers of a meter whose counter was replaced",
    load: async () => (await import("./meters.ts")).rebaseMeterVerb,
  },
  "meters list": {
    about: "list the meters as they are on chain",
    load: async () => (await import("./meters.ts")).listMetersVerb,
  },
  "devices register": {
    about: "give a meter its first device",
    load: async () => (await import("./devices.ts")).registerDeviceVerb,
  },
  "devices rotate": {
    about: "replace a meter's device by one whose key is elsewhere",
    load: async () => (await import("./devices.ts")).rotateDeviceVerb,
  },
  "devices revoke": {
    about: "end a device at once",
    load: async () => (await import("./devices.ts")).revokeDeviceVerb,
  },
  "devices list": {
    about: "list the devices as they are on chain",
    load: async () => (await import("./devices.ts")).listDevicesVerb,
  },
  "settings sharing": {
    about: "choose how a meter trades, with its owner's key",
    load: async () => (await import("./settings.ts")).sharingVerb,
  },
  "migrate plan": {
    about: "say what moving to a new contract would mean",
    load: async () => (await import("../../migration/verbs.ts")).planVerb,
  },
  "migrate prepare": {
    about: "deploy the new contract, admit the members and register the meters there",
    load: async () => (await import("../../migration/verbs.ts")).prepareVerb,
  },
  "migrate move": {
    about: "move the meters to the new contract",
    load: async () => (await import("../../migration/verbs.ts")).moveVerb,
  },
  "migrate requests": {
    about: "write what owners are to sign for their money and settings",
    load: async () => (await import("../../migration/verbs.ts")).requestsVerb,
  },
  "migrate relay": {
    about: "send what owners have signed",
    load: async () => (await import("../../migration/verbs.ts")).relayVerb,
  },
  "migrate check": {
    about: "compare both contracts: every meter, register and base unit",
    load: async () => (await import("../../migration/verbs.ts")).checkMigrationVerb,
  },
};
