import type { Deployment } from "@commonwatt/sdk/deployment";
import { decodePlace, ENERGY_SOURCES, enumWord, METER_KINDS } from "@commonwatt/sdk/meters";

import type { Actor, Outcome } from "../community/act.ts";
import { type DeployOptions, type DeployOrder, deployNeighbourhood } from "../community/deploy.ts";
import { admitMember } from "../community/members.ts";
import { registerMeter } from "../community/meters.ts";
import type { Community, Say } from "../community/open.ts";
import { grantRole } from "../community/roles.ts";
import { carried, missingRoles } from "./plan.ts";
import { surveyNeighbourhood } from "./survey.ts";

/** Deploys a neighbourhood with the terms, tariff, roles, currency and device registry of another one. */
export async function deploySuccessor(
  old: Community,
  options: Omit<DeployOptions, "order"> & { name?: string | undefined },
  say: Say,
): Promise<Deployment> {
  const { terms, tariff, roles } = await surveyNeighbourhood(old);
  const { name, currency, deviceRegistry } = old.deployment;
  const { communityPriceTicks, networkChargeTicks } = tariff;
  const order: DeployOrder = {
    name: options.name ?? name,
    currency,
    deviceRegistry,
    terms: { ...terms, communityPriceTicks, networkChargeTicks },
    // Of several holders the last; the others are given their roles by `prepare`.
    roles: {
      admin: roles.admin.at(-1),
      operator: roles.operator.at(-1),
      governor: roles.governor.at(-1),
      guardian: roles.guardian.at(-1),
      treasurer: roles.treasurer.at(-1),
      announcer: roles.announcer.at(-1),
    },
  };
  return deployNeighbourhood({ ...options, order }, say);
}

/**
 * Admits the members and registers the meters of the old neighbourhood in the new one, without their devices. It takes
 * nothing from the old one, and can be repeated: what is there is left as it is.
 *
 * @param actor - The operator, on the new neighbourhood.
 * @param admin - The administrator there, to give roles to whoever holds them on the old one; left out: they are not given.
 */
export async function prepareMigration(old: Community, actor: Actor, admin?: Actor): Promise<Outcome[]> {
  const [from, to] = [await surveyNeighbourhood(old), await surveyNeighbourhood(actor.community)];
  const outcomes: Outcome[] = [];
  for (const member of from.members) outcomes.push(await admitMember(actor, member));
  for (const { meter, owner, kind, source, unitExponent, capWh, place } of carried(from, to)) {
    outcomes.push(
      await registerMeter(actor, {
        meter,
        owner,
        kind: enumWord("kind", METER_KINDS, kind),
        source: enumWord("source", ENERGY_SOURCES, source),
        unitExponent,
        capWh,
        place: decodePlace(place),
      }),
    );
  }
  if (admin !== undefined) {
    for (const { role, account } of missingRoles(from, to)) outcomes.push(await grantRole(admin, role, account));
  }
  return outcomes;
}
