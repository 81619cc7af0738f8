import type { MeterInput, NodeConfig } from "../config/schema.ts";

/** The devices that have a ready profile, as the config names them. */
export const PROFILE_NAMES = [
  "emonPi",
  "emonPiCM",
  "emonPi2",
  "emonTx3CM",
  "emonTx4",
  "emonTx5",
  "EmonESP",
  "IoTaWatt",
  "ShellyEM",
  "ShellyEMGen3",
  "P1",
] as const;
export type ProfileName = (typeof PROFILE_NAMES)[number];

/**
 * What the current transformers of a device are clamped around:
 *
 * - `grid`: the connection to the grid, import + and export -.
 * - `type2`: the same, and generation beside it, for information.
 * - `type1`: what the house uses, and generation; what passes the connection is the one minus the other.
 * - `threePhase`: one at each phase of the connection.
 */
export const WIRINGS = ["grid", "type1", "type2", "threePhase"] as const;
export type Wiring = (typeof WIRINGS)[number];

/** A device as its messages show it: data, from which the inputs of a meter are made. */
export type DeviceProfile = {
  /** What it is and which firmware sends so, in half a sentence. */
  title: string;
  /**
   * Its inputs in each wiring that it can have. `#` stands for the channel at the connection (grid or use), `%` for the one
   * of generation, `&` and `$` for the two further phases.
   */
  wirings: Partial<Record<Wiring, readonly MeterInput[]>>;
  /** Numbers of its channels. A device without channels has one connection only. */
  channels?: { first: number; count: number };
  /** Its powers are int16: beyond this they stand still. */
  mostWatts?: number;
  /** Numbers that its radio has as delivered. */
  usualIds?: readonly number[];
  /** How its radio frames are put together, where it has a radio. */
  frame?: Pick<NodeConfig, "names" | "codes" | "scales">;
};
