import { useQuery } from "@tanstack/react-query";
import { type SubmitEvent, useState } from "react";
import { useConfig } from "wagmi";

import { useDeployment } from "../../chain/deployment.ts";
import { useHead } from "../../chain/head.tsx";
import { takesPermits } from "../../chain/permit.ts";
import { useMe } from "../../chain/data.tsx";
import { deadlineFrom } from "../../flow/deadline.ts";
import type { Flow } from "../../flow/flow.ts";
import { useProposeFlow } from "../../flow/flow-context.tsx";
import { fundFlow, payInFlow, takeOutFlow } from "../../flow/money-flows.ts";
import { clockLabel, eurExact } from "../../lib/format.ts";
import { parseEur } from "../../lib/parse.ts";
import { Button } from "../../ui/button.tsx";
import { Field } from "../../ui/field.tsx";
import { Modal } from "../../ui/modal.tsx";
import { Summary } from "../../ui/summary.tsx";
import { Note } from "../../ui/surfaces.tsx";
import type { Verb } from "./money-card.tsx";

const TITLES: Record<Verb, string> = { "pay in": "Pay in", "take out": "Take out", move: "Move to the meter" };

type Step = readonly [string, string];

/** Asks how much; then proposes the flow. */
export function MoveDialog({
  verb,
  meter,
  onMeter,
  account,
  wallet,
  until,
  sharing,
  onClose,
}: {
  verb: Verb;
  meter: number;
  /** All in base units. */
  onMeter: bigint;
  account: bigint;
  wallet: bigint;
  /** Until when money of the meter stands still. */
  until: number | undefined;
  sharing: boolean;
  onClose: () => void;
}) {
  const config = useConfig();
  const deployment = useDeployment();
  const propose = useProposeFlow();
  const me = useMe();
  const { head, speed } = useHead();
  const [text, setText] = useState("");
  const [shown, setShown] = useState(false);
  const { data: permits } = useQuery({
    queryKey: ["takes permits", deployment.currency],
    enabled: me !== undefined,
    staleTime: Infinity,
    queryFn: () => (me === undefined ? Promise.resolve(false) : takesPermits(config, deployment.currency, me.address)),
  });

  const freeOnMeter = until === undefined ? onMeter : 0n;
  const most = {
    "pay in": { baseUnits: wallet, what: "in your wallet" },
    "take out": { baseUnits: account + freeOnMeter, what: until === undefined ? "here" : "in your account" },
    move: { baseUnits: account, what: "in your account" },
  }[verb];
  const amount = parseEur(text, most);

  const begin = (event: SubmitEvent): void => {
    event.preventDefault();
    setShown(true);
    if (!amount.ok || permits === undefined || head === undefined) return;
    const value = amount.value;
    const show = (flow: Flow, rows: readonly Step[]): void => {
      onClose();
      propose({ flow, confirm: TITLES[verb], summary: <Summary rows={rows} total={["In all", eurExact(value)]} /> });
    };
    if (verb === "pay in") {
      const target = until === undefined && sharing ? meter : undefined;
      const deadline = deadlineFrom(head.timestamp, speed, deployment.chainId);
      show(payInFlow(config, deployment, { amountBaseUnits: value, meter: target, permits, deadline }), [
        ["From", "your wallet"],
        ["To", target === undefined ? "your account here" : `meter ${meter}`],
      ]);
    } else if (verb === "move") {
      show(fundFlow(config, deployment, meter, value), [
        ["From", "your account here"],
        ["To", `meter ${meter}`],
      ]);
    } else {
      const fromMeter = value > account ? value - account : 0n;
      show(takeOutFlow(config, deployment, { meter, fromMeterBaseUnits: fromMeter, amountBaseUnits: value }), [
        ["From your account", eurExact(value - fromMeter)],
        [`From meter ${meter}`, eurExact(fromMeter)],
        ["To", "your wallet"],
      ]);
    }
  };

  return (
    <Modal
      open
      title={TITLES[verb]}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>Not now</Button>
          <Button type="submit" form="move-money" look="primary" disabled={permits === undefined}>
            Review
          </Button>
        </>
      }
    >
      <form id="move-money" noValidate onSubmit={begin} className="grid gap-4">
        <Field
          label="Amount, EUR"
          hint={`at most ${eurExact(most.baseUnits)} ${most.what}`}
          error={shown && !amount.ok ? amount.message : undefined}
        >
          {(control) => (
            <input
              {...control}
              className="control text-right"
              inputMode="decimal"
              autoComplete="off"
              value={text}
              onChange={(event) => {
                setText(event.target.value);
              }}
            />
          )}
        </Field>
        <Explanation verb={verb} until={until} sharing={sharing} />
      </form>
    </Modal>
  );
}

function Explanation({ verb, until, sharing }: { verb: Verb; until: number | undefined; sharing: boolean }) {
  if (until !== undefined) {
    return (
      <Note tone="notice">
        Your street’s day is being settled until {clockLabel(until)} UTC at the latest.{" "}
        {verb === "pay in"
          ? "What you pay in now waits in your account; move it to the meter after that."
          : "Until then only what is in your account can be taken out."}
      </Note>
    );
  }
  if (verb === "pay in") {
    return (
      <Note>
        {sharing
          ? "The money goes from your wallet to your account here and on to the meter, where it pays for what the meter buys. You can take it out again."
          : "This meter trades by hand and needs no money here; what you pay in waits in your account."}
      </Note>
    );
  }
  if (verb === "take out") {
    return (
      <Note>What is in your account goes first, then what is on the meter. A meter without money buys nothing.</Note>
    );
  }
  return <Note>On the meter it pays for what the meter buys.</Note>;
}
