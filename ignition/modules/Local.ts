import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";

import { addNeighbourhood } from "../parts/neighbourhood.ts";

/**
 * Everything on a local chain: play money, a device registry and one neighbourhood whose roles are all account 0's.
 *
 * Parameter: `retirementWindowDays` (1 to 30; 28 if not given).
 */
export default buildModule("Local", (m) => {
  const everyone = m.getAccount(0);
  const currency = m.contract("DemoEuro");
  const deviceRegistry = m.contract("DeviceRegistry");
  const deployed = addNeighbourhood(m, {
    deviceRegistry,
    currency,
    retirementWindowDays: m.getParameter<number>("retirementWindowDays", 28),
    admin: everyone,
    roles: { operator: everyone, governor: everyone, guardian: everyone, treasurer: everyone },
  });
  return { ...deployed, deviceRegistry, currency };
});
