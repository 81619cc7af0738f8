import { expect, test } from "vitest";

import { createRateLimit } from "./rate.ts";
import { networkOf } from "./network-of.ts";

test.each([
  ["192.0.2.7", "192.0.2.7"],
  ["::ffff:192.0.2.7", "192.0.2.7"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
  ["2001:0DB8:0001:0002::6", "2001:db8:1:2::/64"],
  ["2001:db8::6", "2001:db8:0:0::/64"],
  ["2001:db8::1:2:3:4:5", "2001:db8:0:1::/64"],
  ["2001:db8:1::", "2001:db8:1:0::/64"],
  ["::1", "0:0:0:0::/64"],
  ["fe80::1%eth0", "fe80:0:0:0::/64"],
  [undefined, ""],
])("%s is counted as %s", (address, network) => {
  expect(networkOf(address)).toBe(network);
});

test("a sender who changes the lower half of an IPv6 address gets no more tries", () => {
  const limit = createRateLimit(3, 100, () => 0);
  const took = Array.from({ length: 10 }, (_, index) => limit.take(networkOf(`2001:db8::${index + 1}`)));
  expect(took.filter(Boolean)).toHaveLength(3);
});
