/** What became of a mutant: the test that noticed it, or none. */
export type Verdict = { id: number; killedBy: string | undefined };

/** From a worker: it is ready and knows so many mutants, or it has tried a batch. */
export type Message = { ready: number } | { verdicts: Verdict[] };
