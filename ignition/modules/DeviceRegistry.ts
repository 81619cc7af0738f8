import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";

/** The device registry of a chain: deployed once, then named by every neighbourhood there. */
export default buildModule("DeviceRegistry", (m) => ({ deviceRegistry: m.contract("DeviceRegistry") }));
