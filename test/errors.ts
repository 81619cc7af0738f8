import { readdirSync, readFileSync } from "node:fs";

import { expect } from "chai";
import { Interface } from "ethers";
import { artifacts } from "hardhat";

const CONTRACTS = ["DemoEuro", "DeviceRegistry", "EnergyToken", "Marketplace", "Neighbourhood"] as const;

/** Errors of the libraries in use that no call to these contracts can bring about, and why. */
const OUT_OF_REACH: Record<string, string> = {
  InvalidShortString: "EIP-712 names are constants that fit",
  StringTooLong: "EIP-712 names are constants that fit",
  InvalidAccountNonce: "nonces are used, never compared with a given one",
  AccessManagedInvalidAuthority: "only the authority itself could set another",
  AccessManagedRequiredDelay: "no role is granted with a delay",
  ERC1155InvalidApprover: "nobody signs or sends for the zero address",
  ERC1155InvalidSender: "nobody is approved by the zero address",
  ERC20InvalidApprover: "nobody sends for the zero address",
  ERC20InvalidSender: "nobody is approved by the zero address",
  StringsInsufficientHexLength: "an address has as many digits as are asked for",
  ECDSAInvalidSignature: "OpenZeppelin's permit of the demo currency: not ours to test",
  ECDSAInvalidSignatureLength: "OpenZeppelin's permit of the demo currency: not ours to test",
  ECDSAInvalidSignatureS: "OpenZeppelin's permit of the demo currency: not ours to test",
  ERC2612ExpiredSignature: "OpenZeppelin's permit of the demo currency: not ours to test",
  ERC2612InvalidSigner: "OpenZeppelin's permit of the demo currency: not ours to test",
  ERC20InvalidSpender: "OpenZeppelin's allowance of the demo currency: not ours to test",
};

/** All test sources of this folder but this one. */
const sources = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith(".ts") && file !== "errors.ts")
  .map((file) => readFileSync(`${import.meta.dirname}/${file}`, "utf8"))
  .join("\n");

describe("errors", () => {
  for (const contract of CONTRACTS) {
    it(`of ${contract} are each brought about by a test`, async () => {
      const { abi } = await artifacts.readArtifact(contract);
      const names: string[] = [];
      new Interface(abi).forEachError(({ name }) => names.push(name));
      const untested = names.filter((name) => !(name in OUT_OF_REACH) && !sources.includes(`"${name}"`));
      expect(untested).to.deep.equal([]);
    });
  }

  it("that are out of reach are in an ABI and in no test", async () => {
    const known = await Promise.all(CONTRACTS.map((name) => artifacts.readArtifact(name)));
    const text = JSON.stringify(known.map(({ abi }) => abi as unknown));
    for (const name of Object.keys(OUT_OF_REACH)) {
      expect(text).to.include(`"${name}"`);
      expect(sources).to.not.include(`"${name}"`);
    }
  });
});
