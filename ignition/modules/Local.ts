import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";

import { addNeighbourhood, termsOf } from "../parts/neighbourhood.ts";

/**
 * Everything on a local chain: play money, a device registry and one neighbourhood whose roles are all account 0's.
 *
 * Parameters, all with defaults: `retirementWindowDays` (1 to 30; 28), `closingWindowSeconds` (7,200 to 21,600; 7,200),
 * `communityPriceTicks` (1,500) and `networkChargeTicks` (0), ticks of 0.0001 currency units per kWh.
 */
export default buildModule("Local", (m) => {
  const everyone = m.getAccount(0);
  const currency = m.contract("DemoEuro");
  const deviceRegistry = m.contract("DeviceRegistry");
  const deployed = addNeighbourhood(m, {
    deviceRegistry,
    currency,
    terms: termsOf(m),
    admin: everyone,
    roles: {
      operator: everyone,
      governor: everyone,
      guardian: everyone,
      treasurer: everyone,
      announcer: everyone,
    },
  });
  return { ...deployed, deviceRegistry, currency };
});
