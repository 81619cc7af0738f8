import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";

import { addNeighbourhood, termsOf } from "../parts/neighbourhood.ts";

/**
 * One neighbourhood on a chain that already has a device registry and a currency.
 *
 * Parameters: `deviceRegistry` (see the module DeviceRegistry), `currency` (ERC-20 with 6 decimals), `admin`, `operator`,
 * `governor`, `guardian`, `treasurer`, `announcer` (addresses). One that is left out or null is refused by name before anything is sent.
 * With defaults: `retirementWindowDays` (1 to 30; 28), `closingWindowSeconds` (7,200 to 21,600; 7,200),
 * `communityPriceTicks` (1,500) and `networkChargeTicks` (0), ticks of 0.0001 currency units per kWh.
 */
export default buildModule("Commonwatt", (m) => {
  const deviceRegistry = m.contractAt("DeviceRegistry", m.getParameter<string>("deviceRegistry"));
  const currency = m.contractAt("IERC20Metadata", m.getParameter<string>("currency"));
  const deployed = addNeighbourhood(m, {
    deviceRegistry,
    currency,
    terms: termsOf(m),
    admin: m.getParameter<string>("admin"),
    roles: {
      operator: m.getParameter<string>("operator"),
      governor: m.getParameter<string>("governor"),
      guardian: m.getParameter<string>("guardian"),
      treasurer: m.getParameter<string>("treasurer"),
      announcer: m.getParameter<string>("announcer"),
    },
  });
  return { ...deployed, deviceRegistry, currency };
});
