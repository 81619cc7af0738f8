import type { MeterInput } from "../config/schema.ts";
import type { DeviceProfile, Wiring } from "./profile.ts";

/** Where a device's channels are: at the connection (or what the house uses), and at the generation. */
export type Channels = { channel?: number | undefined; generationChannel?: number | undefined };

/**
 * The inputs of a device in a wiring.
 *
 * @returns The inputs, or in words what is wrong: the key of the meter that is, and the problem.
 */
export function wire(
  profile: DeviceProfile,
  wiring: Wiring | undefined,
  given: Channels,
): MeterInput[] | { key: "wiring" | "channel" | "generationChannel"; problem: string } {
  const known = Object.keys(profile.wirings) as Wiring[];
  const chosen = wiring ?? (known.length === 1 ? known[0] : undefined);
  if (chosen === undefined) return { key: "wiring", problem: `missing, expected one of ${known.join(", ")}` };
  const template = profile.wirings[chosen];
  if (template === undefined) return { key: "wiring", problem: `${chosen}, expected ${known.join(" or ")}` };

  const { first, count } = profile.channels ?? { first: 0, count: 0 };
  const phases = chosen === "threePhase" ? 3 : 1;
  const channel = given.channel ?? first;
  const generation = given.generationChannel ?? (channel === first ? first + 1 : first);
  for (const [key, value, width] of [
    ["channel", given.channel, phases],
    ["generationChannel", given.generationChannel, 1],
  ] as const) {
    if (value === undefined) continue;
    if (count === 0) return { key, problem: `${value}, expected none: the device has no numbered channels` };
    const last = first + count - width;
    if (value < first || value > last) return { key, problem: `${value}, expected ${first} to ${last}` };
  }
  if (given.generationChannel !== undefined && !JSON.stringify(template).includes("%"))
    return { key: "generationChannel", problem: `${generation}, expected none with the wiring ${chosen}` };
  if (given.generationChannel === channel)
    return { key: "generationChannel", problem: `${generation}, expected another channel than the connection's` };

  const channels: Record<string, number> = { "#": channel, "%": generation, "&": channel + 1, $: channel + 2 };
  const name = (text: string) => text.replace(/[#%&$]/u, (sign) => String(channels[sign]));
  return template.map(({ plus, minus, ...entry }) => ({
    ...entry,
    input: name(entry.input),
    ...(plus === undefined ? {} : { plus: plus.map(name) }),
    ...(minus === undefined ? {} : { minus: minus.map(name) }),
  }));
}
