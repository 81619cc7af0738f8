import { erc20Abi } from "viem";
import type { Config } from "wagmi";

import type { Retirement } from "@commonwatt/sdk/actions";
import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";
import type { Deployment } from "@commonwatt/sdk/deployment";
import { marketplaceAbi, neighbourhoodAbi } from "@commonwatt/sdk/generated/abis";
import type { Fill } from "@commonwatt/sdk/offers";

import { type CurrencyPermit, signPermit } from "../chain/permit.ts";
import { call, transactionSteps } from "../chain/transactions.ts";
import type { Flow, FlowStep } from "./flow.ts";

/** How the marketplace comes to be allowed to take the payment. */
export type Payment = "allowed already" | "permit" | "approve";

/** A purchase as it was shown: nothing dearer is ever paid. */
export type Purchase = {
  fills: readonly Fill[];
  /** To the sellers, and the network charge. */
  totalBaseUnits: bigint;
  payment: Payment;
  /** Unix seconds until which a permit is good. */
  deadline: bigint;
};

/** Buys from one or many offers, all or nothing: allows the payment, exactly that much; then pays and receives. */
export function buyFlow(config: Config, deployment: Deployment, purchase: Purchase): Flow {
  const { currency, marketplace } = deployment;
  const { fills, totalBaseUnits, payment, deadline } = purchase;
  let permit: CurrencyPermit | undefined;

  const allow: Record<Payment, () => FlowStep[]> = {
    "allowed already": () => [],
    permit: () => [
      {
        group: "payment",
        title: "Sign the permission to take exactly this payment",
        run: async () => {
          permit = await signPermit(config, {
            currency,
            spender: marketplace,
            valueBaseUnits: totalBaseUnits,
            deadline,
          });
          return undefined;
        },
      },
    ],
    approve: () =>
      transactionSteps(
        config,
        "payment",
        {
          check: "Check the permission to take the payment",
          confirm: "Allow the marketplace to take exactly this payment",
          wait: "Wait until the permission is on the chain",
        },
        () => call({ address: currency, abi: erc20Abi, functionName: "approve", args: [marketplace, totalBaseUnits] }),
      ),
  };

  return {
    title: "Buy energy",
    doneMessage: "The energy is yours. Use it against your imports to have them covered.",
    steps: [
      ...allow[payment](),
      ...transactionSteps(
        config,
        "purchase",
        {
          check: "Check that every offer still holds",
          confirm: "Confirm the purchase",
          wait: "Wait until it is paid and delivered",
        },
        () => {
          if (payment !== "permit") {
            return call({
              address: marketplace,
              abi: marketplaceAbi,
              functionName: "fillMany",
              args: [fills, totalBaseUnits],
            });
          }
          if (permit === undefined) throw new CommonwattError("The payment was not allowed before the purchase.");
          return call({
            address: marketplace,
            abi: marketplaceAbi,
            functionName: "fillManyWithPermit",
            args: [fills, totalBaseUnits, permit],
          });
        },
      ),
    ],
  };
}

/** Uses energy against a meter's import of one day. */
export function retireFlow(config: Config, deployment: Deployment, retirement: Retirement): Flow {
  return {
    title: "Use energy",
    doneMessage: "Your import is covered. The ledger shows it to everyone who must honour it.",
    steps: transactionSteps(
      config,
      "use",
      {
        check: "Check against your signed import",
        confirm: "Confirm in your wallet",
        wait: "Wait until it is on the chain",
      },
      () =>
        call({
          address: deployment.neighbourhood,
          abi: neighbourhoodAbi,
          functionName: "retire",
          args: [retirement],
        }),
    ),
  };
}
