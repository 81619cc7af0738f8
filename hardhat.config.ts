import { createRequire } from "node:module";

import hardhatToolboxMochaEthers from "@nomicfoundation/hardhat-toolbox-mocha-ethers";
import { configVariable, defineConfig } from "hardhat/config";
import type { HardhatPlugin } from "hardhat/types/plugins";

const require = createRequire(import.meta.url);

/** One compiler setting for tests, gas snapshot and deployment: what is measured is what is deployed. */
const solidity = {
  version: "0.8.30",
  // The compiler comes from npm, so building needs no download.
  path: require.resolve("solc/soljson.js"),
  // One compilation for all files. File by file, as Hardhat builds for production by default, a file that holds only
  // types has an output without contracts, which its chain cannot read.
  isolated: false,
  settings: {
    evmVersion: "osaka",
    optimizer: { enabled: true, runs: 10_000 },
    viaIR: true,
  },
};

/**
 * Keeps the build's output free of the compiler's advice on transient storage, which OpenZeppelin's reentrancy guard
 * heeds (it clears the slot at the end of the call), so that any other warning is seen.
 */
const knownWarnings: HardhatPlugin = {
  id: "known-warnings",
  hookHandlers: {
    solidity: () =>
      Promise.resolve({
        default: () =>
          Promise.resolve({
            getCompilationJobErrors: async (context, job, output, next) => {
              const errors = await next(context, job, output);
              return errors.filter(
                ({ message, formattedMessage }) =>
                  !message.startsWith("Transient storage as defined by EIP-1153") ||
                  formattedMessage?.includes("@openzeppelin/contracts/utils/TransientSlot.sol") !== true,
              );
            },
          }),
      }),
  },
};

/** A whole number from an environment variable, within bounds. */
function wholeNumber(name: string, fallback: number, least: number, most: number): number {
  const text = process.env[name];
  if (text === undefined || text === "") return fallback;
  const value = Number(text);
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new Error(`${name} is "${text}", expected a whole number from ${least} to ${most}.`);
  }
  return value;
}

/** A date from an environment variable, such as 2017-06-01 or 2017-06-01T00:00:00Z. */
function date(name: string, fallback: Date): Date {
  const text = process.env[name];
  if (text === undefined || text === "") return fallback;
  const value = new Date(text);
  if (Number.isNaN(value.getTime())) throw new Error(`${name} is "${text}", expected a date such as 2017-06-01.`);
  return value;
}

export default defineConfig({
  plugins: [hardhatToolboxMochaEthers, knownWarnings],
  solidity: {
    // Solidity tests are compiled when they are run: building for use does not wait for them.
    splitTestsCompilation: true,
    profiles: { default: solidity, production: solidity },
    npmFilesToBuild: [
      "@openzeppelin/contracts/access/manager/AccessManager.sol",
      "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol",
    ],
  },
  test: {
    solidity: {
      fuzz: { runs: 200 },
      invariant: { runs: 6, depth: 50, failOnRevert: true, shrinkRunLimit: 100 },
    },
  },
  networks: {
    default: { type: "edr-simulated", chainType: "l1", hardfork: "osaka" },
    // `hardhat node --network demo`: a local chain whose clock starts at any date and moves only as its driver says.
    demo: {
      type: "edr-simulated",
      chainType: "l1",
      hardfork: "osaka",
      chainId: 31_337,
      initialDate: date("CHAIN_START_DATE", new Date()),
      accounts: { count: wholeNumber("CHAIN_ACCOUNTS", 40, 1, 1_000) },
      // Many transactions belong to one moment of the simulated clock.
      allowBlocksWithSameTimestamp: true,
      initialBaseFeePerGas: 0,
    },
    localhost: {
      type: "http",
      chainType: "l1",
      url: process.env["HARDHAT_LOCALHOST_URL"] ?? "http://127.0.0.1:8545",
    },
    // `hardhat keystore set COMMONWATT_RPC_URL` and `... COMMONWATT_DEPLOYER_KEY`, or environment variables.
    public: {
      type: "http",
      url: configVariable("COMMONWATT_RPC_URL"),
      accounts: [configVariable("COMMONWATT_DEPLOYER_KEY")],
    },
  },
});
