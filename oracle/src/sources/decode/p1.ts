import type { Decoded } from "../../intake/intake.ts";
import { crc16Arc } from "./crc16.ts";
import { MAX_TELEGRAM_BYTES } from "./limits.ts";
import { decoded, quote, refused } from "./refuse.ts";

/** A register or a power of a telegram: `1-0:1.8.1(123456.789*kWh)`. Other objects are none of ours. */
const OBJECT = /^1-0:([12])\.([78])\.(\d)\((\d{1,9})(?:\.(\d{1,3}))?\*(kWh|kW)\)$/u;
const TIME = /^0-0:1\.0\.0\((\d{2})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})([WS])\)$/u;
const MINE = /^(?:1-0:[12]\.[78]\.\d|0-0:1\.0\.0)\(/u;
const END = /!([0-9A-F]{4})\s*$/iu;
const MAX_LINES = 512;
/** Smart meters with a P1 port stand in the zone of Central European Time: W is UTC+1, S is UTC+2. */
const OFFSET_MS = { W: 3_600_000, S: 7_200_000 } as const;

type Direction = "import" | "export";
type Found = { totals: Map<Direction, number>; tariffs: Map<Direction, number>; powers: Map<Direction, number> };

/**
 * Reads a whole telegram of a smart meter (DSMR 4 and 5, eSMR, the Belgian e-MUCS): from `/` to the checksum after `!`,
 * with the line ends as they came, for the checksum is over them too.
 *
 * Inputs: `import_wh` and `export_wh`, the registers of all tariffs together; `power_w`, import minus export; `import_w`,
 * `export_w`. kWh and kW have three decimals at most, so Wh and W are whole and nothing is rounded.
 *
 * A telegram without a checksum (DSMR 3 and older) is refused: a lost byte would change what is billed.
 *
 * @param node - The node that the port stands for.
 */
export function decodeTelegram(node: string, bytes: Uint8Array): Decoded {
  if (bytes.byteLength > MAX_TELEGRAM_BYTES) {
    return refused("too-large", node, `${bytes.byteLength} bytes, expected at most ${MAX_TELEGRAM_BYTES}`);
  }
  // One byte a character, so that the places in the text are those in the bytes.
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
  const end = END.exec(text);
  if (!text.startsWith("/") || end === null) {
    return refused("malformed-telegram", node, `${quote(text)}, expected / ... ! and four hex digits of checksum`);
  }
  const given = Number.parseInt(end[1] ?? "", 16);
  const computed = crc16Arc(bytes.subarray(0, end.index + 1));
  if (given !== computed) {
    return refused("bad-checksum", node, `0x${given.toString(16)}, expected 0x${computed.toString(16)}`);
  }
  return decodeObjects(node, text.slice(0, end.index).split("\n", MAX_LINES));
}

function decodeObjects(node: string, lines: readonly string[]): Decoded {
  const found: Found = { totals: new Map(), tariffs: new Map(), powers: new Map() };
  let timeMs: number | undefined;
  const seen = new Set<string>();
  for (const line of lines.map((entry) => entry.trim()).filter((entry) => MINE.test(entry))) {
    const name = line.slice(0, line.indexOf("("));
    const time = TIME.exec(line);
    if (time !== null) timeMs = readTime(time);
    const ok = time === null ? take(OBJECT.exec(line), found) : timeMs !== undefined;
    if (!ok || seen.has(name)) return refused("malformed-telegram", node, malformed(line, seen.has(name)));
    seen.add(name);
  }
  if (timeMs === undefined) return refused("malformed-telegram", node, "expected a time, 0-0:1.0.0(YYMMDDhhmmssW)");
  return decoded({ node, timeMs, values: valuesOf(found) });
}

function malformed(line: string, isRepeated: boolean): string {
  if (isRepeated) return `${quote(line)} stands there twice, expected every register once`;
  return `${quote(line)}, expected a register such as 1-0:1.8.1(123456.789*kWh) or a time such as 240704100000S`;
}

/** Adds an object to what was found, unless it is none. */
function take(parts: RegExpExecArray | null, { totals, tariffs, powers }: Found): boolean {
  if (parts === null) return false;
  const [, side, kind, tariff, whole = "", fraction = "", unit] = parts;
  if ((kind === "8") !== (unit === "kWh")) return false;
  const direction: Direction = side === "1" ? "import" : "export";
  // Digits put together: 12 of them at most, so the number is exact.
  const value = Number(whole + fraction.padEnd(3, "0"));
  const group = kind === "7" ? powers : tariff === "0" ? totals : tariffs;
  // A power by tariff is none that any standard knows.
  if (kind === "7" && tariff !== "0") return false;
  group.set(direction, (group.get(direction) ?? 0) + value);
  return true;
}

/** A register of all tariffs counts before their sum. */
function valuesOf({ totals, tariffs, powers }: Found): Map<string, number> {
  const values = new Map<string, number>();
  for (const direction of ["import", "export"] as const) {
    const wh = totals.get(direction) ?? tariffs.get(direction);
    if (wh !== undefined) values.set(`${direction}_wh`, wh);
    const watts = powers.get(direction);
    if (watts !== undefined) values.set(`${direction}_w`, watts);
  }
  const [imported, exported] = [powers.get("import"), powers.get("export")];
  if (imported !== undefined && exported !== undefined) values.set("power_w", imported - exported);
  return values;
}

/** Unix milliseconds of a local time with its W (winter) or S (summer), which tells the doubled hour of autumn apart. */
function readTime(parts: RegExpExecArray): number | undefined {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts.slice(1, 7).map(Number);
  const local = new Date(Date.UTC(2000 + year, month - 1, day, hour, minute, second));
  const isReal =
    local.getUTCMonth() === month - 1 &&
    local.getUTCDate() === day &&
    local.getUTCHours() === hour &&
    local.getUTCMinutes() === minute &&
    local.getUTCSeconds() === second;
  return isReal ? local.getTime() - OFFSET_MS[parts[7] === "S" ? "S" : "W"] : undefined;
}
