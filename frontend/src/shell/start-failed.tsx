import { Button } from "../ui/button.tsx";
import { Mark } from "../ui/icons.tsx";

/** What is shown when the dApp does not know where its neighbourhood is. */
export function StartFailed({ reason }: { reason: string }) {
  return (
    <main className="mx-auto grid min-h-dvh max-w-xl content-center gap-4 px-6 py-12">
      <Mark />
      <h1 className="text-2xl font-semibold">This neighbourhood cannot be opened</h1>
      <p role="alert" className="rounded-[10px] bg-danger-soft px-4 py-3">
        {reason}
      </p>
      <p className="text-muted">
        The page reads the addresses of the neighbourhood’s contracts from <code>/deployment.json</code>, which whoever
        runs this site puts there. <code>npm start</code> does so for a local chain.
      </p>
      <div>
        <Button
          look="primary"
          onClick={() => {
            location.reload();
          }}
        >
          Try again
        </Button>
      </div>
    </main>
  );
}
