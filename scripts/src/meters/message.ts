import type { CounterReading } from "./counters.ts";

const INT16_MAX = 32_767;
const MESSAGE_COUNTER_MODULUS = 2 ** 32;

/** How one simulated emonPi2 is wired: CT1 at the grid connection, CT2 at the generator, if there is one. */
export type MeterNode = {
  /** MQTT node name: messages go to `<base topic>/<node>`. */
  readonly node: string;
  readonly hasGeneration: boolean;
  /** What E1 showed when the meter was put in, Wh. Near 2,147,483,647 it soon wraps to the negative side. */
  readonly initialE1Wh: number;
};

/** The counters of an emonPi2 are 32-bit: they wrap from 2,147,483,647 to -2,147,483,648. */
export function toInt32(value: number): number {
  return Number(BigInt.asIntN(32, BigInt(value)));
}

/** The power fields of an emonPi2 are 16-bit and saturate. */
function toInt16(value: number): number {
  return Math.max(-INT16_MAX - 1, Math.min(INT16_MAX, value));
}

/**
 * JSON message as an emonTx4 or emonPi2 sends it: `time` (unix seconds), `MSG` (message counter), `Vrms` (V), `P1`, `P2`
 * (W), `E1`, `E2` (Wh). E1 counts import and falls with export.
 *
 * @param count - Messages this node has sent before.
 */
export function meterMessage(meter: MeterNode, reading: CounterReading, count: number): string {
  // A plausible mains voltage that moves a little, the same in every run.
  const volts = 235 + ((count * 37) % 80) / 10;
  return JSON.stringify({
    time: reading.seconds,
    MSG: (count + 1) % MESSAGE_COUNTER_MODULUS,
    Vrms: volts,
    P1: toInt16(reading.gridW),
    ...(meter.hasGeneration && { P2: toInt16(reading.generationW) }),
    E1: toInt32(meter.initialE1Wh + reading.importWh - reading.exportWh),
    ...(meter.hasGeneration && { E2: toInt32(reading.generationWh) }),
  });
}
