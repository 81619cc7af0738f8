import { PRIVACY } from "../../shell/privacy.ts";
import { Card } from "../../ui/surfaces.tsx";

/** For visitors: what taking part means. */
export function Invitation({ known }: { known: boolean }) {
  return (
    <Card id="invitation" title={known ? "No meter of this neighbourhood is yours" : "Take part"}>
      <div className="grid gap-2 text-sm sm:text-base">
        <p>
          {known
            ? "The wallet in use owns no meter here. Whoever runs the neighbourhood registers members and their meters."
            : "If a meter of this neighbourhood is yours, choose your wallet at the top right: you then see what it sold and bought, and set its price limits."}{" "}
          Everything below can be read and checked without one.
        </p>
        <p className="text-sm text-muted">{PRIVACY}</p>
      </div>
    </Card>
  );
}
