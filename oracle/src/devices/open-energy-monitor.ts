import type { MeterInput } from "../config/schema.ts";
import type { DeviceProfile, Wiring } from "./profile.ts";

/** Largest value of an int16 power: 32.767 kW. */
const INT16_WATTS = 32_767;

const repeat = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);
const numbered = (name: string, count: number) => Array.from({ length: count }, (_, index) => `${name}${index + 1}`);

/** Devices that sample continuously: a net counter `E` of each channel is billed, its mean power `P` compared with it. */
const COUNTERS: Partial<Record<Wiring, readonly MeterInput[]>> = {
  grid: [
    { input: "E#", meaning: "netWh" },
    { input: "P#", meaning: "checkPowerW" },
  ],
  type2: [
    { input: "E#", meaning: "netWh" },
    { input: "P#", meaning: "checkPowerW" },
    { input: "E%", meaning: "generationWh" },
  ],
  type1: [
    { input: "E#", minus: ["E%"], meaning: "netWh" },
    { input: "P#", minus: ["P%"], meaning: "checkPowerW" },
    { input: "E%", meaning: "generationWh" },
  ],
};

const THREE_PHASES: readonly MeterInput[] = [
  { input: "E#", plus: ["E&", "E$"], meaning: "netWh" },
  { input: "P#", plus: ["P&", "P$"], meaning: "checkPowerW" },
];

/** Devices that have a power and no counter: it is integrated. */
const powers = (name: string): Partial<Record<Wiring, readonly MeterInput[]>> => ({
  grid: [{ input: `${name}#`, meaning: "netPowerW" }],
  type2: [
    { input: `${name}#`, meaning: "netPowerW" },
    { input: `${name}%`, meaning: "generationW" },
  ],
  type1: [
    { input: `${name}#`, minus: [`${name}%`], meaning: "netPowerW" },
    { input: `${name}%`, meaning: "generationW" },
  ],
});

export const emonPi: DeviceProfile = {
  title: "emonPi, discrete sampling: a power each 5 s, no counter",
  wirings: powers("power"),
  channels: { first: 1, count: 2 },
  mostWatts: INT16_WATTS,
  usualIds: [5],
  frame: {
    names: ["power1", "power2", "power1pluspower2", "vrms", ...numbered("t", 6), "pulsecount"],
    codes: [...repeat(10, "h" as const), "L"],
    scales: [1, 1, 1, 0.01, ...repeat(6, 0.1), 1],
  },
};

export const emonPiCM: DeviceProfile = {
  title: "emonPi, continuous monitoring: power1, power2 with counters E1, E2",
  wirings: {
    grid: [
      { input: "E#", meaning: "netWh" },
      { input: "power#", meaning: "checkPowerW" },
    ],
    type2: [
      { input: "E#", meaning: "netWh" },
      { input: "power#", meaning: "checkPowerW" },
      { input: "E%", meaning: "generationWh" },
    ],
    type1: [
      { input: "E#", minus: ["E%"], meaning: "netWh" },
      { input: "power#", minus: ["power%"], meaning: "checkPowerW" },
      { input: "E%", meaning: "generationWh" },
    ],
  },
  channels: { first: 1, count: 2 },
  usualIds: [5],
  frame: {
    names: [
      ...["Msg", "power1", "power2", "power1pluspower2", "vrms"],
      ...numbered("t", 6),
      ...["pulse1count", "pulse2count", "E1", "E2"],
    ],
    codes: ["L", ...repeat(10, "h" as const), "L", "L", "l", "l"],
    scales: [1, 1, 1, 1, ...repeat(7, 0.01), 1, 1, 1, 1],
  },
};

export const emonPi2: DeviceProfile = {
  title: "emonPi2: P1..P6 with counters E1..E6",
  wirings: { ...COUNTERS, threePhase: THREE_PHASES },
  channels: { first: 1, count: 6 },
};

export const emonTx3CM: DeviceProfile = {
  title: "emonTx V3, continuous monitoring: P1..P4 with counters E1..E4",
  wirings: COUNTERS,
  channels: { first: 1, count: 4 },
  usualIds: [15, 16],
  frame: {
    names: ["MSG", "Vrms", ...numbered("P", 4), ...numbered("E", 4), ...numbered("T", 3), "pulse"],
    codes: ["L", ...repeat(5, "h" as const), ...repeat(4, "l" as const), ...repeat(3, "h" as const), "L"],
    scales: [1, 0.01, ...repeat(8, 1), ...repeat(3, 0.01), 1],
  },
};

export const emonTx4: DeviceProfile = {
  title: "emonTx4: P1..P6 with counters E1..E6",
  wirings: { ...COUNTERS, threePhase: THREE_PHASES },
  channels: { first: 1, count: 6 },
  usualIds: [17, 18],
  frame: {
    names: ["MSG", "Vrms", ...numbered("P", 6), ...numbered("E", 6), ...numbered("T", 3), "pulse"],
    codes: ["L", ...repeat(7, "h" as const), ...repeat(6, "l" as const), ...repeat(3, "h" as const), "L"],
    scales: [1, 0.01, ...repeat(12, 1), ...repeat(3, 0.01), 1],
  },
};

export const emonTx5: DeviceProfile = {
  title: "emonTx5 (emonTx4 DB firmware): P1..P6 with counters E1..E6, three voltages",
  wirings: { ...COUNTERS, threePhase: THREE_PHASES },
  channels: { first: 1, count: 6 },
  usualIds: [28],
  frame: {
    names: ["MSG", ...numbered("Vrms", 3), ...numbered("P", 6), ...numbered("E", 6), "pulse", "Analog"],
    codes: ["L", ...repeat(9, "h" as const), ...repeat(6, "l" as const), "L", "H"],
    scales: [1, ...repeat(3, 0.01), ...repeat(14, 1)],
  },
};

export const EmonESP: DeviceProfile = {
  title: "EmonESP behind a device that sends ct1, ct2 (behind one that sends P and E: the profile of that device)",
  wirings: powers("ct"),
  channels: { first: 1, count: 4 },
  mostWatts: INT16_WATTS,
};
