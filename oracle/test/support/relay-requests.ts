import * as actions from "@commonwatt/sdk/actions";
import { type Eip712Domain, marketplaceDomain, neighbourhoodDomain, tokenDomain } from "@commonwatt/sdk/domains";
import { demoEuroAbi, neighbourhoodAbi } from "@commonwatt/sdk/generated/abis";
import type { Address, Hex, LocalAccount } from "viem";

import { permitTypedData } from "../../src/relay/permit.ts";
import type { LocalChain } from "./local-chain.ts";

type Signer = Pick<LocalAccount, "address" | "signTypedData">;

/** Signs members' actions and writes them as the relay takes them. */
export function createRelayRequests(chain: LocalChain, deadline: bigint) {
  const { deployment, client } = chain;
  const home = neighbourhoodDomain(deployment);
  const market = marketplaceDomain(deployment);
  const token = tokenDomain(deployment);

  const nonceOf = (contract: Address, account: Address): Promise<bigint> =>
    client.readContract({ address: contract, abi: neighbourhoodAbi, functionName: "nonces", args: [account] });

  const written = ({ nonce }: { nonce: bigint }, signature: Hex) => ({
    nonce: String(nonce),
    deadline: String(deadline),
    signature,
  });

  async function relayed(contract: Address, { address }: Signer, nonce?: bigint) {
    return { nonce: nonce ?? (await nonceOf(contract, address)), deadline };
  }

  async function permit(signer: Signer, spender: Address, value: bigint) {
    const { currency } = deployment;
    const [, name, version, chainId, verifyingContract] = await client.readContract({
      address: currency,
      abi: demoEuroAbi,
      functionName: "eip712Domain",
    });
    const domain: Eip712Domain = { name, version, chainId: Number(chainId), verifyingContract };
    const end = await relayed(currency, signer);
    const message = { owner: signer.address, spender, value, ...end };
    return {
      valueBaseUnits: String(value),
      ...written(end, await signer.signTypedData(permitTypedData(domain, message))),
    };
  }

  return {
    home,
    nonceOf,
    async withdraw(signer: Signer, to: Address, amountBaseUnits: bigint, nonce?: bigint) {
      const end = await relayed(deployment.neighbourhood, signer, nonce);
      const message = { account: signer.address, to, amountBaseUnits, ...end };
      const signature = await signer.signTypedData(actions.withdrawTypedData(home, message));
      return { action: "withdraw", to, amountBaseUnits: String(amountBaseUnits), ...written(end, signature) };
    },
    async meterMoney(action: "fundMeter" | "defundMeter", signer: Signer, meter: number, amountBaseUnits: bigint) {
      const end = await relayed(deployment.neighbourhood, signer);
      const message = { meter, amountBaseUnits, ...end };
      const signature =
        action === "fundMeter"
          ? await signer.signTypedData(actions.fundMeterTypedData(home, message))
          : await signer.signTypedData(actions.defundMeterTypedData(home, message));
      return { action, meter, amountBaseUnits: String(amountBaseUnits), ...written(end, signature) };
    },
    async setSettings(
      signer: Signer,
      meter: number,
      settings: Parameters<typeof actions.setSettingsTypedData>[1]["settings"],
    ) {
      const end = await relayed(deployment.neighbourhood, signer);
      const typed = actions.setSettingsTypedData(home, { meter, settings, ...end });
      return { action: "setSettings", meter, settings, ...written(end, await signer.signTypedData(typed)) };
    },
    async revokeDevice(signer: Signer, meter: number) {
      const end = await relayed(deployment.neighbourhood, signer);
      const typed = actions.revokeDeviceTypedData(home, { meter, ...end });
      return { action: "revokeDevice", meter, ...written(end, await signer.signTypedData(typed)) };
    },
    async retire(signer: Signer, retirement: actions.Retirement) {
      const end = await relayed(deployment.neighbourhood, signer);
      const typed = actions.retireTypedData(home, retirement, end);
      return { action: "retire", ...retirement, ...written(end, await signer.signTypedData(typed)) };
    },
    async approval(signer: Signer, operator: Address, approved: boolean, nonce?: bigint) {
      const end = await relayed(deployment.token, signer, nonce);
      const typed = actions.approvalTypedData(token, { owner: signer.address, operator, approved, ...end });
      return { action: "setApprovalForAll", operator, approved, ...written(end, await signer.signTypedData(typed)) };
    },
    async transferBatch(signer: Signer, to: Address, ids: readonly bigint[], values: readonly bigint[]) {
      const end = await relayed(deployment.token, signer);
      const typed = actions.transferBatchTypedData(token, { from: signer.address, to, ids, values, ...end });
      const texts = { ids: ids.map(String), values: values.map(String) };
      return { action: "transferBatch", to, ...texts, ...written(end, await signer.signTypedData(typed)) };
    },
    async fillMany(
      signer: Signer,
      fills: Parameters<typeof actions.fillManyTypedData>[1]["fills"],
      maxPaymentBaseUnits: bigint,
    ) {
      const end = await relayed(deployment.marketplace, signer);
      const typed = actions.fillManyTypedData(market, { buyer: signer.address, fills, maxPaymentBaseUnits, ...end });
      return {
        action: "fillMany",
        fills: fills.map(({ offer, ...fill }) => ({
          ...fill,
          offer: { ...offer, expiry: String(offer.expiry), nonce: String(offer.nonce), maxWh: String(offer.maxWh) },
        })),
        maxPaymentBaseUnits: String(maxPaymentBaseUnits),
        ...written(end, await signer.signTypedData(typed)),
      };
    },
    async cancel(signer: Signer, offerNonce: bigint) {
      const end = await relayed(deployment.marketplace, signer);
      const typed = actions.cancelTypedData(market, { seller: signer.address, offerNonce, ...end });
      return { action: "cancel", offerNonce: String(offerNonce), ...written(end, await signer.signTypedData(typed)) };
    },
    async cancelAll(signer: Signer, minNonce: bigint) {
      const end = await relayed(deployment.marketplace, signer);
      const typed = actions.cancelAllTypedData(market, { seller: signer.address, minNonce, ...end });
      return { action: "cancelAll", minNonce: String(minNonce), ...written(end, await signer.signTypedData(typed)) };
    },
    depositWithPermit: async (signer: Signer, value: bigint) => ({
      action: "depositWithPermit",
      ...(await permit(signer, deployment.neighbourhood, value)),
    }),
    permitMarketplace: async (signer: Signer, value: bigint) => ({
      action: "permitMarketplace",
      ...(await permit(signer, deployment.marketplace, value)),
    }),
  };
}
