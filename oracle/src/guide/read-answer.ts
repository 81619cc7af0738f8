import { isIP } from "node:net";

import { InvalidValueError } from "@commonwatt/sdk/commonwatt-error";

/** Answers as a person types them. Each throws InvalidValueError with the answer and what was expected. */

/** Anything of at most so many printable ASCII characters. */
export function readText(what: string, maxLength: number): (answer: string) => string {
  return (answer) => {
    if (answer.length >= 1 && answer.length <= maxLength && /^[\u0020-\u007e]+$/u.test(answer)) return answer;
    throw new InvalidValueError(what, answer, `1 to ${maxLength} letters, digits and common signs`);
  };
}

export function readChoice<const Words extends readonly string[]>(what: string, words: Words) {
  return (answer: string): Words[number] => {
    const word = words.find((entry) => entry.toLowerCase() === answer.toLowerCase());
    if (word === undefined) throw new InvalidValueError(what, answer, `one of ${words.join(", ")}`);
    return word;
  };
}

/** A URL with one of the protocols. */
export function readUrl(what: string, protocols: readonly string[]): (answer: string) => string {
  return (answer) => {
    const url = URL.parse(answer);
    if (url !== null && protocols.includes(url.protocol.slice(0, -1)) && url.hostname !== "") return answer;
    throw new InvalidValueError(what, answer, `a URL that begins with ${protocols.map((p) => `${p}://`).join(" or ")}`);
  };
}

export function readHost(what: string): (answer: string) => string {
  return (answer) => {
    if (isIP(answer) !== 0 || /^[\w.-]{1,253}$/u.test(answer)) return answer;
    throw new InvalidValueError(what, answer, "an address of this machine, such as 127.0.0.1 or 0.0.0.0");
  };
}

/**
 * What a meter shows, in Wh: `12345.678 kWh`, `12345678` or `12345678 Wh`.
 *
 * @param unitWh - Wh of the meter's unit: the rest is cut off, for a register counts whole units.
 */
export function readEnergy(what: string, unitWh: number): (answer: string) => number {
  return (answer) => {
    const [, whole, fraction = "", unit] = /^(\d{1,14})(?:[.,](\d{1,3}))?\s*(kWh|Wh)?$/iu.exec(answer.trim()) ?? [];
    const inKilo = unit?.toLowerCase() === "kwh";
    const wh = inKilo ? Number(whole) * 1000 + Number(fraction.padEnd(3, "0")) : Number(whole);
    if (whole === undefined || (fraction !== "" && !inKilo) || wh >= 2 ** 44 * unitWh) {
      throw new InvalidValueError(what, answer, "what the meter shows, such as 12345.678 kWh or 12345678 Wh");
    }
    return wh - (wh % unitWh);
  };
}

/** Yes or no. */
export function readYes(what: string): (answer: string) => boolean {
  const choose = readChoice(what, ["yes", "no", "y", "n"]);
  return (answer) => choose(answer).startsWith("y");
}
