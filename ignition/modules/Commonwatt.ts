import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";

import { addNeighbourhood } from "../parts/neighbourhood.ts";

/**
 * One neighbourhood on a chain that already has a device registry and a currency.
 *
 * Parameters: `deviceRegistry` (see the module DeviceRegistry), `currency` (ERC-20 with 6 decimals), `admin`, `operator`,
 * `governor`, `guardian`, `treasurer` (addresses), `retirementWindowDays` (1 to 30; 28 if not given). One that is left
 * out or null is refused by name before anything is sent.
 */
export default buildModule("Commonwatt", (m) => {
  const deviceRegistry = m.contractAt("DeviceRegistry", m.getParameter<string>("deviceRegistry"));
  const currency = m.contractAt("IERC20Metadata", m.getParameter<string>("currency"));
  const deployed = addNeighbourhood(m, {
    deviceRegistry,
    currency,
    retirementWindowDays: m.getParameter<number>("retirementWindowDays", 28),
    admin: m.getParameter<string>("admin"),
    roles: {
      operator: m.getParameter<string>("operator"),
      governor: m.getParameter<string>("governor"),
      guardian: m.getParameter<string>("guardian"),
      treasurer: m.getParameter<string>("treasurer"),
    },
  });
  return { ...deployed, deviceRegistry, currency };
});
