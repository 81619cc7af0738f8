import type { Hex } from "viem";
import type { Config } from "wagmi";

import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";
import type { Deployment } from "@commonwatt/sdk/deployment";
import { marketplaceDomain } from "@commonwatt/sdk/domains";
import { energyTokenAbi, marketplaceAbi } from "@commonwatt/sdk/generated/abis";
import { buildOffer, type Offer, type OfferInput, offerTypedData } from "@commonwatt/sdk/offers";

import { postOffer } from "../chain/board.ts";
import { boardUrlOf } from "../chain/deployment.ts";
import { call, transactionSteps, walletOn } from "../chain/transactions.ts";
import type { Flow, FlowStep } from "./flow.ts";

/** What a seller decides; the rest of an offer follows from where it is made. */
export type OfferTerms = Omit<OfferInput, "seller" | "token">;

/**
 * Lists energy: allows the marketplace to deliver it, once; signs the offer; puts it on the board. Only the permission
 * is a transaction: an offer costs nothing.
 *
 * @param approved - Whether the permission is there already.
 */
export function listFlow(config: Config, deployment: Deployment, terms: OfferTerms, approved: boolean): Flow {
  let signed: { offer: Offer; signature: Hex } | undefined;
  const permission: FlowStep[] = approved
    ? []
    : transactionSteps(
        config,
        "permission",
        {
          check: "Check the permission to deliver",
          confirm: "Allow the marketplace to deliver what you sell (asked once)",
          wait: "Wait until the permission is on the chain",
        },
        () =>
          call({
            address: deployment.token,
            abi: energyTokenAbi,
            functionName: "setApprovalForAll",
            args: [deployment.marketplace, true],
          }),
      );
  return {
    title: "Offer energy",
    doneMessage: "Your offer is on the board. Neighbours can buy from it until it expires or you cancel it.",
    steps: [
      ...permission,
      {
        group: "offer",
        title: "Sign the offer",
        run: async () => {
          const wallet = await walletOn(config);
          const offer = buildOffer({ ...terms, seller: wallet.account.address, token: deployment.token });
          signed = {
            offer,
            signature: await wallet.signTypedData(offerTypedData(marketplaceDomain(deployment), offer)),
          };
          return undefined;
        },
      },
      {
        group: "board",
        title: "Put it on the offer board",
        run: async (signal) => {
          if (signed === undefined) throw new CommonwattError("The offer was not signed before it was published.");
          await postOffer(boardUrlOf(deployment, location.origin), signed.offer, signed.signature, fetch, signal);
          return undefined;
        },
      },
    ],
  };
}

const CANCEL_TITLES = {
  check: "Check that it can be cancelled",
  confirm: "Confirm in your wallet",
  wait: "Wait until it is on the chain",
};

/** Cancels one offer. */
export function cancelFlow(config: Config, deployment: Deployment, nonce: bigint): Flow {
  return {
    title: "Cancel this offer",
    doneMessage: "The offer is cancelled: nobody can buy from it any more. What it sold stays sold.",
    steps: transactionSteps(config, "cancel", CANCEL_TITLES, () =>
      call({ address: deployment.marketplace, abi: marketplaceAbi, functionName: "cancel", args: [nonce] }),
    ),
  };
}

/** Cancels all offers with a nonce below `minNonce`. */
export function cancelAllFlow(config: Config, deployment: Deployment, minNonce: bigint): Flow {
  return {
    title: "Cancel all your offers",
    doneMessage: "All your offers are cancelled. What they sold stays sold.",
    steps: transactionSteps(config, "cancel", CANCEL_TITLES, () =>
      call({ address: deployment.marketplace, abi: marketplaceAbi, functionName: "cancelAll", args: [minNonce] }),
    ),
  };
}
