import { useQueryClient } from "@tanstack/react-query";
import { createContext, type ReactNode, use, useCallback, useMemo, useRef, useState } from "react";

import { KEYS } from "../chain/keys.ts";
import { type Flow, type FlowState, readyState, runFlow } from "./flow.ts";
import { FlowDialog } from "./flow-dialog.tsx";

/** A flow and what the person is shown before agreeing to it. */
export type Proposal = {
  flow: Flow;
  summary: ReactNode;
  confirm: string;
  onDone?: () => void;
  /** Plans anew from the newest block, after the chain refused what was agreed to. */
  renew?: () => Promise<Renewal>;
};

/** What a refused change looks like now: another plan to agree to, nothing any more, or the same as before. */
export type Renewal =
  | { outcome: "changed"; proposal: Proposal; message: string }
  | { outcome: "over"; message: string }
  | { outcome: "unchanged" };

const FlowContext = createContext<((proposal: Proposal) => void) | undefined>(undefined);

/** Gives the screens a way to propose a change: nothing is written without passing through this dialog. */
export function FlowProvider({ children }: { children: ReactNode }) {
  const queryClient = useQueryClient();
  const [proposal, setProposal] = useState<Proposal>();
  const [state, setState] = useState<FlowState>();
  const [open, setOpen] = useState(false);
  const running = useRef<AbortController>(undefined);

  const propose = useCallback((next: Proposal) => {
    // What an earlier flow still has to say does not concern this one.
    running.current = undefined;
    setProposal(next);
    setState(readyState(next.flow));
    setOpen(true);
  }, []);

  const run = async (): Promise<void> => {
    if (proposal === undefined || state === undefined) return;
    const controller = new AbortController();
    running.current = controller;
    const show = (next: FlowState): void => {
      if (running.current === controller) setState(next);
    };
    const end = await runFlow(proposal.flow, state, show, controller.signal);
    // What was written shows at once, not with the next poll.
    void queryClient.invalidateQueries({ queryKey: KEYS.head });
    void queryClient.invalidateQueries({ queryKey: KEYS.chain });
    if (end.status === "done") proposal.onDone?.();
    if (end.status !== "failed" || end.refused !== true || proposal.renew === undefined) return;

    show({ ...end, status: "renewing" });
    // What cannot be planned anew stays as it is: refused, and free to be tried again.
    const renewal = await proposal.renew().catch((): Renewal => ({ outcome: "unchanged" }));
    const because = end.message ?? "";
    if (renewal.outcome === "unchanged") show(end);
    if (renewal.outcome === "over") show({ ...end, status: "over", message: `${because} ${renewal.message}` });
    if (renewal.outcome !== "changed" || running.current !== controller) return;
    setProposal(renewal.proposal);
    setState({ ...readyState(renewal.proposal.flow), message: `${because} ${renewal.message}` });
  };

  const close = (): void => {
    running.current?.abort();
    setOpen(false);
  };

  return (
    <FlowContext value={useMemo(() => propose, [propose])}>
      {children}
      {proposal !== undefined && state !== undefined && (
        <FlowDialog
          open={open}
          proposal={proposal}
          state={state}
          onRun={() => {
            void run();
          }}
          onClose={close}
        />
      )}
    </FlowContext>
  );
}

/** Proposes a change to the person: shows what it does and its steps, and runs it when they agree. */
export function useProposeFlow(): (proposal: Proposal) => void {
  const propose = use(FlowContext);
  if (propose === undefined) throw new Error("Flows can be proposed only inside a FlowProvider.");
  return propose;
}
