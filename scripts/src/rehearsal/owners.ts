import { type Consent, consentTypedData, parsePairingFragment, serializeConsent } from "@commonwatt/sdk/consent";
import type { Deployment } from "@commonwatt/sdk/deployment";
import { neighbourhoodDomain } from "@commonwatt/sdk/domains";
import { demoEuroAbi, energyTokenAbi, neighbourhoodAbi } from "@commonwatt/sdk/generated/abis";
import { zeroAddress } from "viem";

import { homeAccount } from "../run/accounts.ts";
import type { LocalChain } from "../run/local-chain.ts";
import { send } from "../run/send.ts";
import type { SeenConfig } from "./oracle-folder.ts";

/** Prepaid money of each meter: more than a day of any home costs. */
const PURSE_BASE_UNITS = 500n * 1_000_000n;

const ownerOf = (meter: number) => homeAccount(meter - 1);

/**
 * What the page behind the link does: the owner reads, signs with the wallet, and the page posts it.
 *
 * @throws Error with the oracle's words when it does not take it.
 */
export async function signConsent(link: string, deployment: Deployment, { board }: SeenConfig): Promise<number> {
  const { meter, meteringPoint, device, importRegister, exportRegister, token } = parsePairingFragment(
    new URL(link).hash,
  );
  const account = ownerOf(meter);
  const time = BigInt(Math.floor(Date.now() / 1000));
  const owner = account.address;
  const consent: Consent = { owner, meter, meteringPoint, device, importRegister, exportRegister, time };
  const signature = await account.signTypedData(consentTypedData(neighbourhoodDomain(deployment), consent));
  const response = await fetch(`http://${board.host}:${board.port}/api/pairing/${token}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(serializeConsent({ consent, signature })),
  });
  if (!response.ok) throw new Error(`The consent for meter ${meter} is not taken: ${await response.text()}`);
  return meter;
}

/** Whether a meter has its device, so that its owner can act. */
export async function isRegistered(chain: LocalChain, deployment: Deployment, meter: number): Promise<boolean> {
  const [issuer] = await chain.client.readContract({
    address: deployment.token,
    abi: energyTokenAbi,
    functionName: "issuer",
    args: [meter],
  });
  if (issuer === zeroAddress) return false;
  const { device } = await chain.client.readContract({
    address: deployment.neighbourhood,
    abi: neighbourhoodAbi,
    functionName: "meter",
    args: [meter],
  });
  return device !== zeroAddress;
}

/** What the owner does in the dApp: pays in, and turns sharing on, from tomorrow. */
export async function startSharing(chain: LocalChain, deployment: Deployment, meter: number): Promise<void> {
  const account = ownerOf(meter);
  const owner = { client: chain.client, wallet: chain.wallet(account) };
  const { neighbourhood, currency } = deployment;
  const money = { address: currency, abi: demoEuroAbi } as const;
  const contract = { address: neighbourhood, abi: neighbourhoodAbi } as const;
  const what = (deed: string) => `The owner of meter ${meter}, ${deed}`;
  await chain.fund(account.address, 10n ** 18n);
  await send(owner, what("getting demo euros"), {
    ...money,
    functionName: "mint",
    args: [account.address, PURSE_BASE_UNITS],
  });
  await send(owner, what("allowing the deposit"), {
    ...money,
    functionName: "approve",
    args: [neighbourhood, PURSE_BASE_UNITS],
  });
  await send(owner, what("paying in"), {
    ...contract,
    functionName: "deposit",
    args: [account.address, PURSE_BASE_UNITS],
  });
  await send(owner, what("funding the meter"), {
    ...contract,
    functionName: "fundMeter",
    args: [meter, PURSE_BASE_UNITS],
  });
  const settings = { sharing: true, community: true, askTicks: 0, bidTicks: 0 };
  await send(owner, what("turning sharing on"), {
    ...contract,
    functionName: "setSettings",
    args: [meter, settings],
  });
}
