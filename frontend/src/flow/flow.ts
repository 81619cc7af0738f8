import { ContractFunctionRevertedError, ExecutionRevertedError, UserRejectedRequestError } from "viem";

import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";
import { explainError } from "@commonwatt/sdk/errors";

/**
 * One step of a flow. Steps of the same `group` belong to one transaction or signature: after a failure the group is
 * tried again from its first step, so that a check is never older than the signature it stands for.
 */
export type FlowStep = {
  group: string;
  title: string;
  /** Resolves to a transaction hash worth showing, or nothing. */
  run: (signal: AbortSignal) => Promise<string | undefined>;
};

/** A change somebody asked for, declared before it begins: what it does, and every step it takes. */
export type Flow = { title: string; doneMessage: string; steps: readonly FlowStep[] };

export type StepState = { status: "waiting" | "active" | "done"; hash?: string };

export type FlowState = {
  /** "renewing": the chain said no, and what can be done now is being read. "over": it said no, and nothing is left to do. */
  status: "ready" | "running" | "done" | "declined" | "failed" | "renewing" | "over" | "stopped";
  steps: readonly StepState[];
  /** In plain words: why it "failed" or is "over"; why what is "ready" is not what was first agreed to. */
  message?: string;
  /** With "failed": the chain said no, so nothing was changed, and what the flow was planned on may have changed. */
  refused?: boolean;
};

/** A transaction that was in a block and changed nothing. */
export class TransactionRefusedError extends CommonwattError {}

/** The state of a flow nobody has started. */
export function readyState(flow: Flow): FlowState {
  return { status: "ready", steps: flow.steps.map(() => ({ status: "waiting" })) };
}

/** Where a flow goes on after it was declined or failed: the first step of the first group that is not done. */
export function resumeIndex(flow: Flow, state: FlowState): number {
  const stopped = state.steps.findIndex((step) => step.status !== "done");
  if (stopped === -1) return flow.steps.length;
  const group = flow.steps[stopped]?.group;
  return flow.steps.findIndex((step) => step.group === group);
}

/**
 * Runs a flow, or goes on with one that stopped. Never throws: what went wrong is in the state.
 *
 * @param from - State to go on from.
 * @param onChange - Called with each new state.
 * @param signal - Aborted when nobody waits any more. A transaction already sent is not undone by it.
 */
export async function runFlow(
  flow: Flow,
  from: FlowState,
  onChange: (state: FlowState) => void,
  signal: AbortSignal,
): Promise<FlowState> {
  const start = resumeIndex(flow, from);
  let steps: readonly StepState[] = from.steps.map((step, index) => (index < start ? step : { status: "waiting" }));
  const show = (state: FlowState): FlowState => {
    onChange(state);
    return state;
  };
  const replace = (index: number, next: StepState): readonly StepState[] =>
    steps.map((step, at) => (at === index ? next : step));

  for (const [index, step] of flow.steps.entries()) {
    if (index < start) continue;
    if (signal.aborted) return show({ status: "stopped", steps });
    steps = replace(index, { status: "active" });
    show({ status: "running", steps });
    try {
      const hash = await step.run(signal);
      steps = replace(index, hash === undefined ? { status: "done" } : { status: "done", hash });
    } catch (error) {
      steps = replace(index, { status: "waiting" });
      return show(
        isRefusal(error)
          ? { status: "declined", steps }
          : { status: "failed", steps, message: explainError(error), refused: isRefusedByChain(error) },
      );
    }
  }
  return show({ status: "done", steps });
}

/** EIP-1193: the person refused in the wallet. viem wraps the wallet's error, so the chain of causes is searched. */
export function isRefusal(error: unknown): boolean {
  return causesOf(error).some(
    (cause) =>
      cause instanceof UserRejectedRequestError || ("code" in cause && cause.code === UserRejectedRequestError.code),
  );
}

/**
 * Whether a contract said no, before anything was sent or in a block: then nothing was changed. An answer that did not
 * come says nothing of the kind, for what was sent may still take effect.
 */
export function isRefusedByChain(error: unknown): boolean {
  return causesOf(error).some(
    (cause) =>
      cause instanceof ContractFunctionRevertedError ||
      cause instanceof ExecutionRevertedError ||
      cause instanceof TransactionRefusedError,
  );
}

function causesOf(error: unknown): Error[] {
  const causes: Error[] = [];
  for (let cause = error; cause instanceof Error && causes.length < 10; cause = cause.cause) causes.push(cause);
  return causes;
}
