import * as actions from "@commonwatt/sdk/actions";
import type { Deployment } from "@commonwatt/sdk/deployment";
import { type Eip712Domain, marketplaceDomain, neighbourhoodDomain, tokenDomain } from "@commonwatt/sdk/domains";
import { InvalidValueError } from "@commonwatt/sdk/errors";
import { demoEuroAbi, energyTokenAbi, marketplaceAbi, neighbourhoodAbi } from "@commonwatt/sdk/generated/abis";
import { type Fill, parseOffer } from "@commonwatt/sdk/offers";
import { interval } from "@commonwatt/sdk/time";
import { type Abi, type Address, encodeFunctionData, hashTypedData, type Hex, parseSignature } from "viem";

import { refuse } from "../api/refusal.ts";
import { permitTypedData } from "./permit.ts";
import type { RelayRequest } from "./schemas.ts";

/** A member's action as a call that anyone may send, and what the member signed for it. */
export type PreparedAction = {
  /** The hash that was signed. Nothing else names the action: other signatures of the same are the same. */
  id: Hex;
  action: RelayRequest["action"];
  /** Who signed it. */
  wallet: Address;
  nonce: bigint;
  deadline: bigint;
  signature: Hex;
  /** The contract that counts the nonces. */
  counter: Address;
  /** The owner of this meter must have signed. */
  meter: number | undefined;
  to: Address;
  data: Hex;
};

export type ActionContext = {
  deployment: Pick<Deployment, "chainId" | "neighbourhood" | "marketplace" | "token" | "currency">;
  /** Of the payment currency. */
  currencyDomain: () => Promise<Eip712Domain>;
};

type Call = { to: Address; abi: Abi; functionName: string; args: readonly unknown[] };

/**
 * Says what a request asks for. Only the contracts' signed variants are ever called, so that nothing can be done by it
 * that its author did not sign.
 *
 * @param wallet - Who is signed in: the action is theirs, or its signature is not good.
 * @throws RequestRefusedError naming what is wrong.
 */
export async function prepareAction(
  request: RelayRequest,
  wallet: Address,
  context: ActionContext,
): Promise<PreparedAction> {
  const { action, signature } = request;
  const relayed = { nonce: BigInt(request.nonce), deadline: BigInt(request.deadline) };
  const { id, call, counter } = await callOf(request, wallet, relayed, context);
  return {
    id,
    action,
    wallet,
    ...relayed,
    signature,
    counter: counter ?? call.to,
    meter: "meter" in request ? request.meter : undefined,
    to: call.to,
    data: encodeFunctionData({ abi: call.abi, functionName: call.functionName, args: call.args }),
  };
}

type Relayed = { nonce: bigint; deadline: bigint };

async function callOf(
  request: RelayRequest,
  wallet: Address,
  relayed: Relayed,
  { deployment, currencyDomain }: ActionContext,
): Promise<{ id: Hex; call: Call; counter?: Address }> {
  const { neighbourhood, marketplace, token, currency } = deployment;
  const { signature } = request;
  const end = [relayed.deadline, signature] as const;
  const home = neighbourhoodDomain(deployment);
  const market = marketplaceDomain(deployment);
  const tokens = tokenDomain(deployment);
  const onHome = (functionName: string, ...args: readonly unknown[]): Call => ({
    to: neighbourhood,
    abi: neighbourhoodAbi,
    functionName,
    args,
  });
  const onMarket = (functionName: string, ...args: readonly unknown[]): Call => ({
    to: marketplace,
    abi: marketplaceAbi,
    functionName,
    args,
  });
  const onToken = (functionName: string, ...args: readonly unknown[]): Call => ({
    to: token,
    abi: energyTokenAbi,
    functionName,
    args,
  });

  switch (request.action) {
    case "withdraw": {
      const { to } = request;
      const amountBaseUnits = BigInt(request.amountBaseUnits);
      const message = { account: wallet, to, amountBaseUnits, ...relayed };
      return {
        id: hashTypedData(actions.withdrawTypedData(home, message)),
        call: onHome("withdrawBySig", wallet, to, amountBaseUnits, ...end),
      };
    }
    case "fundMeter":
    case "defundMeter": {
      const { meter } = request;
      const amountBaseUnits = BigInt(request.amountBaseUnits);
      const message = { meter, amountBaseUnits, ...relayed };
      const isFund = request.action === "fundMeter";
      return {
        id: isFund
          ? hashTypedData(actions.fundMeterTypedData(home, message))
          : hashTypedData(actions.defundMeterTypedData(home, message)),
        call: onHome(isFund ? "fundMeterBySig" : "defundMeterBySig", meter, amountBaseUnits, ...end),
      };
    }
    case "setSettings": {
      const { meter, settings } = request;
      return {
        id: hashTypedData(actions.setSettingsTypedData(home, { meter, settings, ...relayed })),
        call: onHome("setSettingsBySig", meter, settings, ...end),
      };
    }
    case "revokeDevice": {
      const { meter } = request;
      return {
        id: hashTypedData(actions.revokeDeviceTypedData(home, { meter, ...relayed })),
        call: onHome("revokeMyDeviceBySig", meter, ...end),
      };
    }
    case "retire": {
      const { meter, day, remainingImports, ranges } = request;
      const retirement = { meter, day, remainingImports, ranges };
      return {
        id: hashTypedData(actions.retireTypedData(home, retirement, relayed)),
        call: onHome("retireBySig", retirement, ...end),
      };
    }
    case "fillMany": {
      const fills = request.fills.map(readFill);
      const maxPaymentBaseUnits = BigInt(request.maxPaymentBaseUnits);
      return {
        id: hashTypedData(actions.fillManyTypedData(market, { buyer: wallet, fills, maxPaymentBaseUnits, ...relayed })),
        call: onMarket("fillManyBySig", wallet, fills, maxPaymentBaseUnits, ...end),
      };
    }
    case "cancel": {
      const offerNonce = BigInt(request.offerNonce);
      return {
        id: hashTypedData(actions.cancelTypedData(market, { seller: wallet, offerNonce, ...relayed })),
        call: onMarket("cancelBySig", wallet, offerNonce, ...end),
      };
    }
    case "cancelAll": {
      const minNonce = BigInt(request.minNonce);
      return {
        id: hashTypedData(actions.cancelAllTypedData(market, { seller: wallet, minNonce, ...relayed })),
        call: onMarket("cancelAllBySig", wallet, minNonce, ...end),
      };
    }
    case "setApprovalForAll": {
      const { operator, approved } = request;
      return {
        id: hashTypedData(actions.approvalTypedData(tokens, { owner: wallet, operator, approved, ...relayed })),
        call: onToken("setApprovalForAllBySig", wallet, operator, approved, ...end),
      };
    }
    case "transferBatch": {
      const { to } = request;
      const [ids, values] = [request.ids.map(BigInt), request.values.map(BigInt)];
      return {
        id: hashTypedData(actions.transferBatchTypedData(tokens, { from: wallet, to, ids, values, ...relayed })),
        call: onToken("safeBatchTransferFromBySig", wallet, to, ids, values, ...end),
      };
    }
    case "depositWithPermit":
    case "permitMarketplace": {
      const valueBaseUnits = BigInt(request.valueBaseUnits);
      const isDeposit = request.action === "depositWithPermit";
      const spender = isDeposit ? neighbourhood : marketplace;
      const { nonce, deadline } = relayed;
      const message = { owner: wallet, spender, value: valueBaseUnits, nonce, deadline };
      const { v, r, s } = partsOf(signature);
      return {
        id: hashTypedData(permitTypedData(await currencyDomain(), message)),
        counter: currency,
        call: isDeposit
          ? onHome("depositWithPermit", wallet, { valueBaseUnits, deadline, v, r, s })
          : {
              to: currency,
              abi: demoEuroAbi,
              functionName: "permit",
              args: [wallet, spender, valueBaseUnits, deadline, v, r, s],
            },
      };
    }
  }
}

function readFill({ offer, signature, firstInterval, energyWh }: FillRequest): Fill {
  try {
    return { offer: parseOffer(offer), signature, firstInterval: interval(firstInterval), energyWh };
  } catch (error) {
    if (!(error instanceof InvalidValueError)) throw error;
    throw refuse(400, error.shortMessage, "an offer as the board has it");
  }
}

type FillRequest = Extract<RelayRequest, { action: "fillMany" }>["fills"][number];

/** A permit's signature: of an account only, for the currency asks no contract wallet. */
function partsOf(signature: Hex): { v: number; r: Hex; s: Hex } {
  if (signature.length !== 2 + 65 * 2) {
    throw refuse(400, `signature of the permit has ${(signature.length - 2) / 2} bytes`, "65");
  }
  try {
    const { r, s, yParity } = parseSignature(signature);
    return { v: yParity + 27, r, s };
  } catch {
    throw refuse(400, "signature of the permit is none", "r, s and v of 27 or 28");
  }
}
