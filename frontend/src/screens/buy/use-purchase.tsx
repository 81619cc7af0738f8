import { useQuery } from "@tanstack/react-query";
import { useConfig } from "wagmi";

import type { FillPlan } from "@commonwatt/sdk/fill-plan";

import { type AccountState, type Me, useAccountState, useLedger } from "../../chain/data.tsx";
import { useDeployment } from "../../chain/deployment.ts";
import { type FreshMarket, useFreshMarket } from "../../chain/fresh-market.ts";
import { useHead } from "../../chain/head.tsx";
import { takesPermits } from "../../chain/permit.ts";
import { buyFlow, type Payment } from "../../flow/buy-flows.ts";
import { deadlineFrom } from "../../flow/deadline.ts";
import { type Proposal, type Renewal, useProposeFlow } from "../../flow/flow-context.tsx";
import { eurExact } from "../../lib/format.ts";
import type { Books } from "../../model/books.ts";
import { samePlan } from "../../model/match.ts";
import { PlanSummary } from "./plan-summary.tsx";

/** What stands in the way of a purchase, in plain words, and the way to propose it. */
export type Purchasing = {
  /** Undefined while money and permissions are being read. */
  ready: boolean;
  /** Whether the account can pay for a plan. */
  affordable: (plan: FillPlan) => boolean;
  /**
   * @param replan - Plans the same wish on a market read anew: another buyer may be quicker.
   */
  propose: (plan: FillPlan, replan: (market: FreshMarket) => FillPlan) => void;
};

type Planned = { plan: FillPlan; replan: (market: FreshMarket) => FillPlan };

/** What a proposal of one plan rests on. */
type Basis = { account: AccountState; books: Books | undefined; now: number };

const totalOf = (plan: FillPlan): bigint => plan.paidBaseUnits + plan.chargeBaseUnits;

/** Proposes purchases: chooses how the payment is allowed, and shows fills, total and price before anything is signed. */
export function usePurchase(me: Me | undefined): Purchasing {
  const config = useConfig();
  const deployment = useDeployment();
  const { head, speed } = useHead();
  const { books } = useLedger();
  const account = useAccountState(me?.address);
  const readMarket = useFreshMarket();
  const proposeFlow = useProposeFlow();
  const { data: permits } = useQuery({
    queryKey: ["permits", deployment.currency],
    enabled: me !== undefined,
    staleTime: Infinity,
    queryFn: () => (me === undefined ? false : takesPermits(config, deployment.currency, me.address)),
  });

  const proposalOf = ({ plan, replan }: Planned, basis: Basis): Proposal => {
    const totalBaseUnits = totalOf(plan);
    const allowed = basis.account.allowance >= totalBaseUnits;
    const payment: Payment = allowed ? "allowed already" : permits === true ? "permit" : "approve";
    return {
      flow: buyFlow(config, deployment, {
        fills: plan.fills,
        totalBaseUnits,
        payment,
        deadline: deadlineFrom(basis.now, speed, deployment.chainId),
      }),
      confirm: "Buy",
      summary: <PlanSummary plan={plan} books={basis.books} />,
      renew: async (): Promise<Renewal> => {
        if (me === undefined) return { outcome: "unchanged" };
        const market = await readMarket(me.address);
        const fresh = replan(market);
        if (samePlan(plan, fresh)) return { outcome: "unchanged" };
        if (fresh.energyWh === 0n) {
          return { outcome: "over", message: "Nothing was paid, and none of it can be bought any more." };
        }
        if (market.account.balance < totalOf(fresh)) {
          const cost = eurExact(totalOf(fresh));
          return { outcome: "over", message: `Nothing was paid. It would now cost ${cost}, more than your balance.` };
        }
        return {
          outcome: "changed",
          proposal: proposalOf({ plan: fresh, replan }, market),
          message: "Nothing was paid. Above is what can be bought now: look at it again before you agree.",
        };
      },
    };
  };

  return {
    ready: account !== undefined && permits !== undefined && head !== undefined,
    affordable: (plan) => account !== undefined && account.balance >= totalOf(plan),
    propose: (plan, replan) => {
      if (account === undefined || permits === undefined || head === undefined) return;
      proposeFlow(proposalOf({ plan, replan }, { account, books, now: head.timestamp }));
    },
  };
}
