import { Button } from "../ui/button.tsx";
import { Hash } from "../ui/hash.tsx";
import { CheckIcon } from "../ui/icons.tsx";
import { Modal } from "../ui/modal.tsx";
import { Note } from "../ui/surfaces.tsx";
import type { FlowState, StepState } from "./flow.ts";
import type { Proposal } from "./flow-context.tsx";

/** Shows a flow: first what it will do, then how far it is, at last how it ended. */
export function FlowDialog({
  open,
  proposal,
  state,
  onRun,
  onClose,
}: {
  open: boolean;
  proposal: Proposal;
  state: FlowState;
  onRun: () => void;
  onClose: () => void;
}) {
  const { flow, summary, confirm } = proposal;
  const running = state.status === "running" || state.status === "renewing";
  const done = state.status === "done" || state.status === "over";
  return (
    <Modal
      open={open}
      title={flow.title}
      onClose={onClose}
      actions={
        <>
          {/* A new button once it is over, so that the focus has a place to go. */}
          <Button key={done ? "close" : "leave"} autoFocus={done} onClick={onClose}>
            {done ? "Close" : running ? "Stop waiting" : "Not now"}
          </Button>
          {!done && (
            <Button look="primary" disabled={running} onClick={onRun}>
              {running ? "Working\u2026" : state.status === "ready" ? confirm : "Try again"}
            </Button>
          )}
        </>
      }
    >
      {summary}
      <ol aria-label="Steps" className="mt-5 grid gap-1">
        {flow.steps.map((step, index) => (
          <Step key={step.title + step.group} title={step.title} state={state.steps[index]} number={index + 1} />
        ))}
      </ol>
      {/* Always there, so that a screen reader announces what appears in it. */}
      <div role="status" className="mt-4 min-h-12">
        <Outcome state={state} doneMessage={flow.doneMessage} />
      </div>
    </Modal>
  );
}

function Outcome({ state, doneMessage }: { state: FlowState; doneMessage: string }) {
  if (state.status === "done") return <Note tone="good">{doneMessage}</Note>;
  if (state.status === "declined") {
    return <Note>You declined in your wallet. Nothing was changed by this step; you can try again or leave it.</Note>;
  }
  if (state.status === "failed" || state.status === "over")
    return <Note tone="bad">That did not work: {state.message}</Note>;
  if (state.status === "renewing") return <Note>Reading what can be done now\u2026</Note>;
  if (state.status === "running") {
    const active = state.steps.findIndex((step) => step.status === "active");
    return (
      <span className="sr-only">
        Step {active + 1} of {state.steps.length} is running.
      </span>
    );
  }
  return state.message === undefined ? null : <Note tone="notice">{state.message}</Note>;
}

function Step({ title, state, number }: { title: string; state: StepState | undefined; number: number }) {
  const status = state?.status ?? "waiting";
  const marks = {
    waiting: "border border-edge text-muted",
    active: "border-2 border-accent text-accent",
    done: "bg-accent text-on-accent",
  };
  return (
    <li className="flex min-h-9 items-center gap-3 text-sm" aria-current={status === "active" ? "step" : undefined}>
      <span
        aria-hidden="true"
        className={`grid size-6 shrink-0 place-items-center rounded-full text-xs ${marks[status]}`}
      >
        {status === "done" ? <CheckIcon /> : number}
      </span>
      <span className={status === "waiting" ? "text-muted" : ""}>
        {title}
        <span className="sr-only">{status === "done" ? ", done" : status === "active" ? ", running" : ""}</span>
      </span>
      {status === "active" && <span aria-hidden="true" className="skeleton h-1.5 w-10 bg-accent" />}
      {state?.hash !== undefined && (
        <span className="ml-auto">
          <Hash value={state.hash} what="transaction" />
        </span>
      )}
    </li>
  );
}
