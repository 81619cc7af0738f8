import { defineVerb, configOption, print } from "../../cli/verb.ts";
import { listMembers, listMeters } from "../look.ts";
import { admitMember, removeMember } from "../members.ts";
import { parseAddress } from "../values.ts";
import { sendAs, sendingOptions, withCommunity } from "./shared.ts";

const account = { type: "string", value: "ADDRESS", about: "the member's account", required: true } as const;

export const admitMemberVerb = defineVerb({
  usage: "--account 0x...",
  options: { ...sendingOptions("operator"), account },
  details: "A member may own meters. Membership costs nothing and gives no right over others.",
  run: (values) => sendAs(values, (actor) => admitMember(actor, parseAddress("--account", values.account))),
});

export const removeMemberVerb = defineVerb({
  usage: "--account 0x...",
  options: { ...sendingOptions("operator"), account },
  details: "The member's meters have to be closed before. Money and energy tokens stay theirs.",
  run: (values) => sendAs(values, (actor) => removeMember(actor, parseAddress("--account", values.account))),
});

export const listMembersVerb = defineVerb({
  usage: "",
  options: { config: configOption },
  run: ({ config }) =>
    withCommunity(config, async (community) => {
      const meters = await listMeters(community);
      for (const member of await listMembers(community)) {
        const own = meters.filter(({ owner, closed }) => owner === member && !closed).map(({ meter }) => meter);
        print(`${member}  ${own.length === 0 ? "no meters" : `meters ${own.join(", ")}`}`);
      }
    }),
});
