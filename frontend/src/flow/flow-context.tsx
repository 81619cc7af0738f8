import { useQueryClient } from "@tanstack/react-query";
import { createContext, type ReactNode, use, useCallback, useMemo, useRef, useState } from "react";

import { KEYS } from "../chain/keys.ts";
import { type Flow, type FlowState, readyState, runFlow } from "./flow.ts";
import { FlowDialog } from "./flow-dialog.tsx";

/** A flow and what the person is shown before agreeing to it. */
export type Proposal = { flow: Flow; summary: ReactNode; confirm: string; onDone?: () => void };

const FlowContext = createContext<((proposal: Proposal) => void) | undefined>(undefined);

/** Gives the screens a way to propose a change: nothing is written without passing through this dialog. */
export function FlowProvider({ children }: { children: ReactNode }) {
  const queryClient = useQueryClient();
  const [proposal, setProposal] = useState<Proposal>();
  const [state, setState] = useState<FlowState>();
  const [open, setOpen] = useState(false);
  const running = useRef<AbortController>(undefined);

  const propose = useCallback((next: Proposal) => {
    setProposal(next);
    setState(readyState(next.flow));
    setOpen(true);
  }, []);

  const run = async (): Promise<void> => {
    if (proposal === undefined || state === undefined) return;
    const controller = new AbortController();
    running.current = controller;
    const end = await runFlow(proposal.flow, state, setState, controller.signal);
    // What was written shows at once, not with the next poll.
    void queryClient.invalidateQueries({ queryKey: KEYS.head });
    void queryClient.invalidateQueries({ queryKey: KEYS.chain });
    if (end.status === "done") proposal.onDone?.();
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
