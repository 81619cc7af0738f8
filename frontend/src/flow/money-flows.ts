import { erc20Abi } from "viem";
import type { Config } from "wagmi";

import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";
import type { Deployment } from "@commonwatt/sdk/deployment";
import { neighbourhoodAbi } from "@commonwatt/sdk/generated/abis";

import { type CurrencyPermit, signPermit } from "../chain/permit.ts";
import { call, transactionSteps } from "../chain/transactions.ts";
import type { Flow, FlowStep } from "./flow.ts";

/** Money on its way from the wallet to a meter. */
export type PayIn = {
  amountBaseUnits: bigint;
  /** Meter to move it on to; undefined: it stays in the account, as while a closing window is open. */
  meter: number | undefined;
  /** Whether the currency takes permits; else it is approved by a transaction. */
  permits: boolean;
  /** Unix seconds until which a permit is good. */
  deadline: bigint;
};

/** Pays in: allows exactly the amount, moves it from the wallet to the account, and on to the meter. */
export function payInFlow(config: Config, deployment: Deployment, payIn: PayIn): Flow {
  const { amountBaseUnits, meter, permits, deadline } = payIn;
  return {
    title: "Pay in",
    doneMessage:
      meter === undefined
        ? "The money is in your account here."
        : "The money is on your meter and pays for what it buys.",
    steps: [
      ...(permits
        ? depositByPermit(config, deployment, amountBaseUnits, deadline)
        : depositByApproval(config, deployment, amountBaseUnits)),
      ...(meter === undefined ? [] : fundSteps(config, deployment, meter, amountBaseUnits)),
    ],
  };
}

/** Moves money from the account to a meter. */
export function fundFlow(config: Config, deployment: Deployment, meter: number, amountBaseUnits: bigint): Flow {
  return {
    title: "Move to the meter",
    doneMessage: "The money is on your meter and pays for what it buys.",
    steps: fundSteps(config, deployment, meter, amountBaseUnits),
  };
}

/** Takes out: from a meter to the account, where some comes from there, and from the account to the wallet. */
export function takeOutFlow(
  config: Config,
  deployment: Deployment,
  {
    meter,
    fromMeterBaseUnits,
    amountBaseUnits,
  }: { meter: number; fromMeterBaseUnits: bigint; amountBaseUnits: bigint },
): Flow {
  const { neighbourhood } = deployment;
  const defund =
    fromMeterBaseUnits === 0n
      ? []
      : transactionSteps(
          config,
          "defund",
          {
            check: "Check that the meter has the money",
            confirm: "Move it from the meter to your account",
            wait: "Wait until it has moved",
          },
          () =>
            call({
              address: neighbourhood,
              abi: neighbourhoodAbi,
              functionName: "defundMeter",
              args: [meter, fromMeterBaseUnits],
            }),
        );
  return {
    title: "Take out",
    doneMessage: "The money is in your wallet.",
    steps: [
      ...defund,
      ...transactionSteps(
        config,
        "withdraw",
        {
          check: "Check that your account has the money",
          confirm: "Take it out to your wallet",
          wait: "Wait until it is in your wallet",
        },
        (account) =>
          call({
            address: neighbourhood,
            abi: neighbourhoodAbi,
            functionName: "withdraw",
            args: [account, amountBaseUnits],
          }),
      ),
    ],
  };
}

const DEPOSIT_TITLES = {
  check: "Check that your wallet has the money",
  confirm: "Pay it into your account",
  wait: "Wait until it is paid in",
};

function depositByPermit(config: Config, deployment: Deployment, amount: bigint, deadline: bigint): FlowStep[] {
  const { currency, neighbourhood } = deployment;
  let permit: CurrencyPermit | undefined;
  return [
    {
      // Of the deposit's group: one that was refused is tried again with a new permission.
      group: "deposit",
      title: "Sign the permission to take exactly this amount",
      run: async () => {
        permit = await signPermit(config, { currency, spender: neighbourhood, valueBaseUnits: amount, deadline });
        return undefined;
      },
    },
    ...transactionSteps(config, "deposit", DEPOSIT_TITLES, (account) => {
      if (permit === undefined) throw new CommonwattError("The payment was not allowed before it was made.");
      return call({
        address: neighbourhood,
        abi: neighbourhoodAbi,
        functionName: "depositWithPermit",
        args: [account, permit],
      });
    }),
  ];
}

function depositByApproval(config: Config, { currency, neighbourhood }: Deployment, amount: bigint): FlowStep[] {
  return [
    ...transactionSteps(
      config,
      "approve",
      {
        check: "Check the permission to take the amount",
        confirm: "Allow the neighbourhood to take exactly this amount",
        wait: "Wait until the permission is on the chain",
      },
      () => call({ address: currency, abi: erc20Abi, functionName: "approve", args: [neighbourhood, amount] }),
    ),
    ...transactionSteps(config, "deposit", DEPOSIT_TITLES, (account) =>
      call({ address: neighbourhood, abi: neighbourhoodAbi, functionName: "deposit", args: [account, amount] }),
    ),
  ];
}

function fundSteps(config: Config, { neighbourhood }: Deployment, meter: number, amount: bigint): FlowStep[] {
  return transactionSteps(
    config,
    "fund",
    {
      check: "Check that the meter can take it",
      confirm: "Move it to your meter",
      wait: "Wait until it is on the meter",
    },
    () => call({ address: neighbourhood, abi: neighbourhoodAbi, functionName: "fundMeter", args: [meter, amount] }),
  );
}
