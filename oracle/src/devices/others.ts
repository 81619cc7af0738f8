import type { DeviceProfile } from "./profile.ts";

/** Its outputs are named by their owner: these are the names to give them. Its Watts are the mean of each interval. */
export const IoTaWatt: DeviceProfile = {
  title: "IoTaWatt: outputs in Watts named grid (negative where it exports), solar, use",
  wirings: {
    grid: [{ input: "grid", meaning: "netPowerW" }],
    type2: [
      { input: "grid", meaning: "netPowerW" },
      { input: "solar", meaning: "generationW" },
    ],
    type1: [
      { input: "use", minus: ["solar"], meaning: "netPowerW" },
      { input: "solar", meaning: "generationW" },
    ],
  },
};

/** Counters of import and export in Wh, each in a message of its own. */
export const ShellyEM: DeviceProfile = {
  title: "Shelly EM of the first generation, node = its MQTT id such as shellyem-B9F9D5",
  wirings: {
    grid: [
      { input: "emeter#_total", meaning: "importWh" },
      { input: "emeter#_total_returned", meaning: "exportWh" },
      { input: "emeter#_power", meaning: "checkPowerW", powerIs: "momentary" },
    ],
    type2: [
      { input: "emeter#_total", meaning: "importWh" },
      { input: "emeter#_total_returned", meaning: "exportWh" },
      { input: "emeter#_power", meaning: "checkPowerW", powerIs: "momentary" },
      { input: "emeter%_total", meaning: "generationWh" },
    ],
  },
  channels: { first: 0, count: 2 },
};

export const ShellyEMGen3: DeviceProfile = {
  title: "Shelly EM Gen3, Gen4 and Pro EM, MQTT prefix shellies/<node>",
  wirings: {
    grid: [
      { input: "em1data_#_total_act_energy", meaning: "importWh" },
      { input: "em1data_#_total_act_ret_energy", meaning: "exportWh" },
      { input: "em1_#_act_power", meaning: "checkPowerW", powerIs: "momentary" },
    ],
    type2: [
      { input: "em1data_#_total_act_energy", meaning: "importWh" },
      { input: "em1data_#_total_act_ret_energy", meaning: "exportWh" },
      { input: "em1_#_act_power", meaning: "checkPowerW", powerIs: "momentary" },
      { input: "em1data_%_total_act_energy", meaning: "generationWh" },
    ],
  },
  channels: { first: 0, count: 2 },
};

/** The supplier's own meter: its registers are what is billed. */
export const P1: DeviceProfile = {
  title: "Smart meter with a P1 port (DSMR 4 and 5, eSMR, e-MUCS), read by a serial line",
  wirings: {
    grid: [
      { input: "import_wh", meaning: "importWh" },
      { input: "export_wh", meaning: "exportWh" },
      { input: "power_w", meaning: "checkPowerW" },
    ],
  },
};
