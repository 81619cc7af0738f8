import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";

/** Play money, for a local chain only: the contract itself refuses to be deployed anywhere else. */
export default buildModule("DemoEuro", (m) => ({ currency: m.contract("DemoEuro") }));
