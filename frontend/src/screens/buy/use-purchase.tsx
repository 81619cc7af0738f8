import { useQuery } from "@tanstack/react-query";
import { useConfig } from "wagmi";

import type { FillPlan } from "@commonwatt/sdk/fill-plan";

import { type Me, useAccountState, useLedger } from "../../chain/data.tsx";
import { useDeployment } from "../../chain/deployment.ts";
import { useHead } from "../../chain/head.tsx";
import { takesPermits } from "../../chain/permit.ts";
import { buyFlow, type Payment } from "../../flow/buy-flows.ts";
import { deadlineFrom } from "../../flow/deadline.ts";
import { useProposeFlow } from "../../flow/flow-context.tsx";
import { PlanSummary } from "./plan-summary.tsx";

/** What stands in the way of a purchase, in plain words, and the way to propose it. */
export type Purchasing = {
  /** Undefined while money and permissions are being read. */
  ready: boolean;
  /** Whether the account can pay for a plan. */
  affordable: (plan: FillPlan) => boolean;
  propose: (plan: FillPlan) => void;
};

/** Proposes purchases: chooses how the payment is allowed, and shows fills, total and price before anything is signed. */
export function usePurchase(me: Me | undefined): Purchasing {
  const config = useConfig();
  const deployment = useDeployment();
  const { head, speed } = useHead();
  const { books } = useLedger();
  const account = useAccountState(me?.address);
  const proposeFlow = useProposeFlow();
  const { data: permits } = useQuery({
    queryKey: ["permits", deployment.currency],
    enabled: me !== undefined,
    staleTime: Infinity,
    queryFn: () => (me === undefined ? false : takesPermits(config, deployment.currency, me.address)),
  });
  const totalOf = (plan: FillPlan): bigint => plan.paidBaseUnits + plan.chargeBaseUnits;
  return {
    ready: account !== undefined && permits !== undefined && head !== undefined,
    affordable: (plan) => account !== undefined && account.balance >= totalOf(plan),
    propose: (plan) => {
      if (account === undefined || permits === undefined || head === undefined) return;
      const totalBaseUnits = totalOf(plan);
      const payment: Payment = account.allowance >= totalBaseUnits ? "allowed already" : permits ? "permit" : "approve";
      proposeFlow({
        flow: buyFlow(config, deployment, {
          fills: plan.fills,
          totalBaseUnits,
          payment,
          deadline: deadlineFrom(head.timestamp, speed, deployment.chainId),
        }),
        confirm: "Buy",
        summary: <PlanSummary plan={plan} books={books} />,
      });
    },
  };
}
