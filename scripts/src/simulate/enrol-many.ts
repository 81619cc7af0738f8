import type { Deployment } from "@commonwatt/sdk/deployment";
import { demoEuroAbi, neighbourhoodAbi } from "@commonwatt/sdk/generated/abis";
import { CUSTODIES, ENERGY_SOURCES, encodePlace, enumIndex, KEY_TYPES, METER_KINDS } from "@commonwatt/sdk/meters";
import { type Abi, type Address, encodeFunctionData, type Hex } from "viem";

import { governorAccount } from "../run/accounts.ts";
import type { Possession } from "../run/enrol.ts";
import type { Resident } from "../run/homes.ts";
import type { LocalChain } from "../run/local-chain.ts";

/** Prepaid money of each meter: 1,000 euros, more than it spends in any run. */
const FUNDS_BASE_UNITS = 1_000n * 1_000_000n;
/** Transactions that the chain is sent at the same time: it mines one after the other. */
const AT_A_TIME = 16;
const GAS = 16_777_216;

/** Gas of what is done once for each meter. */
export type EnrolmentGas = { registration: bigint; device: bigint; funding: bigint; settings: bigint };

/**
 * Registers meters and devices, funds them and has all of them share at the community price from the next day on. One
 * member owns them all: whose they are makes no difference to what a day costs.
 */
export async function enrolMany(
  chain: LocalChain,
  deployment: Deployment,
  residents: readonly Resident[],
  possessions: readonly Possession[],
  capWh: number,
): Promise<EnrolmentGas> {
  const owner = governorAccount().address;
  const neighbourhood = { to: deployment.neighbourhood, abi: neighbourhoodAbi as Abi };
  const currency = { to: deployment.currency, abi: demoEuroAbi as Abi };
  const all = FUNDS_BASE_UNITS * BigInt(residents.length);
  const call = (
    target: { to: Address; abi: Abi },
    functionName: string,
    args: readonly unknown[],
  ): { to: Address; data: Hex } => ({
    to: target.to,
    data: encodeFunctionData({ abi: target.abi, functionName, args }),
  });
  const send = (calls: readonly { to: Address; data: Hex }[]) => sendAll(chain, owner, calls);

  await send([call(neighbourhood, "admitMember", [owner]), call(currency, "mint", [owner, all])]);
  await send([call(currency, "approve", [deployment.neighbourhood, all])]);
  await send([call(neighbourhood, "deposit", [owner, all])]);
  const registration = await send(
    residents.map(({ home, meter }) =>
      call(neighbourhood, "registerMeter", [
        {
          meter,
          owner,
          kind: enumIndex(METER_KINDS, "home"),
          source: enumIndex(ENERGY_SOURCES, home.hasGeneration ? "solar" : "unknown"),
          unitExponent: 0,
          capWh,
          place: encodePlace("SIMULATION"),
        },
      ]),
    ),
  );
  const device = await send(
    residents.map(({ meter }, index) =>
      call(neighbourhood, "registerDevice", [
        {
          device: possessions[index]?.device,
          meter,
          importRegister: 0n,
          exportRegister: 0n,
          keyType: enumIndex(KEY_TYPES, "secp256k1"),
          custody: enumIndex(CUSTODIES, "operator"),
          possession: possessions[index]?.signature,
        },
      ]),
    ),
  );
  const funding = await send(residents.map(({ meter }) => call(neighbourhood, "fundMeter", [meter, FUNDS_BASE_UNITS])));
  const community = { sharing: true, community: true, askTicks: 0, bidTicks: 0 };
  const settings = await send(residents.map(({ meter }) => call(neighbourhood, "setSettings", [meter, community])));
  return { registration, device, funding, settings };
}

/** Sends calls from an account that the local chain has the key of; their gas in all. */
async function sendAll(
  chain: LocalChain,
  from: Address,
  calls: readonly { to: Address; data: Hex }[],
): Promise<bigint> {
  let gas = 0n;
  for (let index = 0; index < calls.length; index += AT_A_TIME) {
    const hashes = await Promise.all(
      calls.slice(index, index + AT_A_TIME).map(({ to, data }) =>
        chain.client.request<{ Method: "eth_sendTransaction"; Parameters: [object]; ReturnType: Hex }>({
          method: "eth_sendTransaction",
          params: [{ from, to, data, gas: `0x${GAS.toString(16)}` }],
        }),
      ),
    );
    const receipts = await Promise.all(hashes.map((hash) => chain.client.getTransactionReceipt({ hash })));
    for (const { status, gasUsed, transactionHash } of receipts) {
      if (status !== "success") throw new Error(`Transaction ${transactionHash} of the enrolment failed.`);
      gas += gasUsed;
    }
  }
  return gas;
}
