import { createWalletClient, defineChain, erc20Abi, http, publicActions } from "viem";
import { privateKeyToAccount } from "viem/accounts";

import type { DemoAccount, Deployment } from "@commonwatt/sdk/deployment";
import { marketplaceDomain } from "@commonwatt/sdk/domains";
import { energyTokenAbi, marketplaceAbi } from "@commonwatt/sdk/generated/abis";
import { meterNumber, tokenId } from "@commonwatt/sdk/ids";
import { buildOffer, offerTypedData, serializeOffer } from "@commonwatt/sdk/offers";
import {
  day as dayNumber,
  firstInterval,
  interval,
  intervalOf,
  INTERVALS_PER_DAY,
  SECONDS_PER_DAY,
} from "@commonwatt/sdk/time";

const DAYS = 20;
/** Nobody's account: what is given away there comes back to no market. */
const NOBODY = "0x000000000000000000000000000000000000dEaD";

/** What a seller can do behind a buyer's back. */
export type HiddenOffer = {
  cancel: () => Promise<void>;
  /** Gives away all it sent out on a day, as if another had bought it. */
  giveAway: (day: number) => Promise<void>;
};

/** A home's wallet and the chain, without the dApp. */
function clientOf({ chainId }: Deployment, home: DemoAccount, baseURL: string) {
  const rpcUrl = `${baseURL}/rpc`;
  const chain = defineChain({
    id: chainId,
    name: "Test",
    nativeCurrency: { name: "Ether", symbol: "ETH", decimals: 18 },
    rpcUrls: { default: { http: [rpcUrl] } },
  });
  const account = privateKeyToAccount(home.privateKey);
  return createWalletClient({ account, chain, transport: http(rpcUrl) }).extend(publicActions);
}

/** What a home has in its wallet, base units of the currency. */
export async function balanceOf(deployment: Deployment, home: DemoAccount, baseURL: string): Promise<bigint> {
  return clientOf(deployment, home, baseURL).readContract({
    address: deployment.currency,
    abi: erc20Abi,
    functionName: "balanceOf",
    args: [home.address],
  });
}

/** Lists, without the dApp, all that a home has sent out in the last days. */
export async function listBehindTheScenes(
  deployment: Deployment,
  seller: DemoAccount,
  baseURL: string,
  priceTicks: number,
): Promise<HiddenOffer> {
  const { token, marketplace } = deployment;
  const client = clientOf(deployment, seller, baseURL);
  const { account } = client;
  await client.waitForTransactionReceipt({
    hash: await client.writeContract({
      address: token,
      abi: energyTokenAbi,
      functionName: "setApprovalForAll",
      args: [marketplace, true],
    }),
  });

  const now = Number((await client.getBlock()).timestamp);
  const offer = buildOffer({
    seller: account.address,
    token,
    meter: seller.meter ?? 0,
    firstInterval: intervalOf(now - DAYS * SECONDS_PER_DAY),
    lastInterval: intervalOf(now),
    priceTicks,
    expiry: now + DAYS * SECONDS_PER_DAY,
    nonce: BigInt(Date.now()),
  });
  const signature = await client.signTypedData(offerTypedData(marketplaceDomain(deployment), offer));
  const response = await fetch(`${baseURL}/api/offers`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ offer: serializeOffer(offer), signature }),
  });
  if (response.status !== 201) throw new Error(`The board answered ${response.status}: ${await response.text()}`);

  return {
    cancel: async () => {
      const hash = await client.writeContract({
        address: marketplace,
        abi: marketplaceAbi,
        functionName: "cancel",
        args: [offer.nonce],
      });
      await client.waitForTransactionReceipt({ hash });
    },
    giveAway: async (day) => {
      const meter = meterNumber(seller.meter ?? 0);
      const first = firstInterval(dayNumber(day));
      const balances = await client.readContract({
        address: token,
        abi: energyTokenAbi,
        functionName: "balanceOfRange",
        args: [account.address, meter, first, BigInt(INTERVALS_PER_DAY)],
      });
      const held = balances.flatMap((energyWh, index) =>
        energyWh > 0n ? [{ id: tokenId(meter, interval(first + index)), energyWh }] : [],
      );
      const hash = await client.writeContract({
        address: token,
        abi: energyTokenAbi,
        functionName: "safeBatchTransferFrom",
        args: [account.address, NOBODY, held.map(({ id }) => id), held.map(({ energyWh }) => energyWh), "0x"],
      });
      await client.waitForTransactionReceipt({ hash });
    },
  };
}
