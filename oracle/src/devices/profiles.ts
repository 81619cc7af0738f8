import { EmonESP, emonPi, emonPi2, emonPiCM, emonTx3CM, emonTx4, emonTx5 } from "./open-energy-monitor.ts";
import { IoTaWatt, P1, ShellyEM, ShellyEMGen3 } from "./others.ts";
import type { DeviceProfile, ProfileName } from "./profile.ts";

/** The ready profiles by their names. */
export const PROFILES: Readonly<Record<ProfileName, DeviceProfile>> = {
  ...{ emonPi, emonPiCM, emonPi2, emonTx3CM, emonTx4, emonTx5, EmonESP },
  ...{ IoTaWatt, ShellyEM, ShellyEMGen3, P1 },
};
