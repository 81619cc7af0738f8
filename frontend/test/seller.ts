import { createWalletClient, defineChain, http, publicActions } from "viem";
import { privateKeyToAccount } from "viem/accounts";

import type { DemoAccount, Deployment } from "@commonwatt/sdk/deployment";
import { marketplaceDomain } from "@commonwatt/sdk/domains";
import { energyTokenAbi, marketplaceAbi } from "@commonwatt/sdk/generated/abis";
import { buildOffer, offerTypedData, serializeOffer } from "@commonwatt/sdk/offers";
import { intervalOf, SECONDS_PER_DAY } from "@commonwatt/sdk/time";

const DAYS = 20;

/**
 * Lists, without the dApp, all that a home has sent out in the last days.
 *
 * @returns A way to cancel the offer behind the buyer's back.
 */
export async function listBehindTheScenes(
  deployment: Deployment,
  seller: DemoAccount,
  baseURL: string,
  priceTicks: number,
): Promise<{ cancel: () => Promise<void> }> {
  const { token, marketplace, chainId } = deployment;
  const rpcUrl = `${baseURL}/rpc`;
  const chain = defineChain({
    id: chainId,
    name: "Test",
    nativeCurrency: { name: "Ether", symbol: "ETH", decimals: 18 },
    rpcUrls: { default: { http: [rpcUrl] } },
  });
  const account = privateKeyToAccount(seller.privateKey);
  const client = createWalletClient({ account, chain, transport: http(rpcUrl) }).extend(publicActions);
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
  };
}
