import { privateKeyToAccount } from "viem/accounts";
import { describe, expect, it } from "vitest";

import { assertCanonicalSignature } from "./signatures.ts";

describe("assertCanonicalSignature", () => {
  it("accepts what wallets sign", async () => {
    const account = privateKeyToAccount(`0x${"22".repeat(32)}`);
    for (const message of ["a", "b", "c", "d"]) {
      const signature = await account.signMessage({ message });
      expect(() => {
        assertCanonicalSignature(signature);
      }).not.toThrow();
    }
  });

  it("accepts s up to half the order and nothing above", () => {
    const half = "7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0";
    const above = half.replace(/0$/u, "1");
    expect(() => {
      assertCanonicalSignature(`0x${"11".repeat(32)}${half}1b`);
    }).not.toThrow();
    expect(() => {
      assertCanonicalSignature(`0x${"11".repeat(32)}${above}1b`);
    }).toThrow("s of the signature is");
  });

  it("refuses text that is no hex of the right length", () => {
    expect(() => {
      assertCanonicalSignature(`0x${"zz".repeat(65)}`);
    }).toThrow("expected 65 bytes as 0x and 130 hex digits");
  });
});
