import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";

/** OpenZeppelin's number of the role that grants all others. */
const ADMIN_ROLE = 0n;

/**
 * Ends the deployer's power over a neighbourhood. Sent by the new admin (account 0 of this run), which proves that the
 * new admin can act before the old one is gone.
 *
 * Parameters: `accessManager`, `deployer` (addresses).
 */
export default buildModule("HandOver", (m) => {
  const accessManager = m.contractAt("AccessManager", m.getParameter<string>("accessManager"));
  m.call(accessManager, "revokeRole", [ADMIN_ROLE, m.getParameter<string>("deployer")]);
  return { accessManager };
});
