import { isIPv6 } from "node:net";

const GROUPS = 8;
/** A household or a rented server has so much of an IPv6 address for itself, and may use any of what follows. */
const OWN_GROUPS = 4;

/**
 * What tells one sender from another, for counting: an IPv4 address, or the first 64 bits of an IPv6 one. By whole IPv6
 * addresses one sender could be counted as endlessly many.
 *
 * @param address - As the system names the other side of a connection; undefined when it is gone.
 */
export function networkOf(address = ""): string {
  const [plain = ""] = address.split("%", 1);
  // One of IPv4, as a socket for both kinds names it.
  const mapped = /^::ffff:(\d{1,3}(?:\.\d{1,3}){3})$/iu.exec(plain)?.[1];
  if (mapped !== undefined) return mapped;
  if (!isIPv6(plain)) return plain;
  const [head = "", tail = ""] = plain.toLowerCase().split("::", 2);
  const before = head === "" ? [] : head.split(":");
  const after = tail === "" ? [] : tail.split(":");
  const left = Math.max(GROUPS - before.length - after.length, 0);
  const groups = [...before, ...Array.from({ length: left }, () => "0"), ...after];
  return `${groups
    .slice(0, OWN_GROUPS)
    .map((group) => group.replace(/^0+(?=.)/u, ""))
    .join(":")}::/64`;
}
