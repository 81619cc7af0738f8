import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";

import { expect } from "chai";
import { Interface } from "ethers";
import { artifacts } from "hardhat";

import { seenSelectors } from "./fixtures/reverts.ts";

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

/** Errors that never reach the sender of a transaction, and who gets them. */
const CAUGHT: Record<string, string> = {
  ReentrancyGuardReentrantCall: "the called party that calls back: the tests compare what it caught",
};

/** All test files of this folder but this one. */
const files = readdirSync(import.meta.dirname).filter((file) => file.endsWith(".ts") && file !== "errors.ts");
const sources = files.map((file) => readFileSync(join(import.meta.dirname, file), "utf8")).join("\n");

/** Errors of a contract that a call to it can bring about, with their selectors. */
async function errorsOf(contract: string): Promise<{ name: string; selector: string }[]> {
  const { abi } = await artifacts.readArtifact(contract);
  const errors: { name: string; selector: string }[] = [];
  new Interface(abi).forEachError(({ name, selector }) => errors.push({ name, selector }));
  return errors.filter(({ name }) => !(name in OUT_OF_REACH));
}

/** Names of the errors that the sources of the contracts declare. */
function declaredErrors(): string[] {
  const folder = join(import.meta.dirname, "../contracts");
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".sol") && !path.startsWith("test"))
    .flatMap((path) => [...readFileSync(join(folder, path), "utf8").matchAll(/^\s*error (\w+)\(/gmu)])
    .flatMap(([, name]) => name ?? []);
}

describe("errors", () => {
  for (const contract of CONTRACTS) {
    it(`of ${contract} are each named by a test`, async () => {
      const untested = (await errorsOf(contract)).filter(({ name }) => !sources.includes(`"${name}"`));
      expect(untested).to.deep.equal([]);
    });
  }

  it("of every source are in the ABI of a contract", async () => {
    const known = new Set((await Promise.all(CONTRACTS.map(errorsOf))).flat().map(({ name }) => name));
    expect(declaredErrors().filter((name) => !known.has(name))).to.deep.equal([]);
  });

  it("that are out of reach are in an ABI and in no test", async () => {
    const known = await Promise.all(CONTRACTS.map((name) => artifacts.readArtifact(name)));
    const text = JSON.stringify(known.map(({ abi }) => abi as unknown));
    for (const name of Object.keys(OUT_OF_REACH)) {
      expect(text).to.include(`"${name}"`);
      expect(sources).to.not.include(`"${name}"`);
    }
  });
});

/** Whether every test of every file has run: of a part of them nothing can be said. */
function isWhole({ suites }: Mocha.Suite): boolean {
  const loaded = new Set(suites.map(({ file }) => file && basename(file)));
  const ended = (suite: Mocha.Suite): boolean =>
    suite.tests.every(({ state }) => state !== undefined) && suite.suites.every(ended);
  return files.every((file) => loaded.has(file)) && suites.every(ended);
}

after("every error was what some call reverted with", async function () {
  const root = this.test?.parent;
  if (root === undefined || !isWhole(root)) return;
  const errors = (await Promise.all(CONTRACTS.map(errorsOf))).flat();
  const unseen = errors.filter(({ selector }) => !seenSelectors.has(selector)).map(({ name }) => name);
  expect([...new Set(unseen)].sort()).to.deep.equal(Object.keys(CAUGHT).sort());
});
