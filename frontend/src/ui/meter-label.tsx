import type { MeterEntry } from "@commonwatt/sdk/ledger/types";
import type { Custody } from "@commonwatt/sdk/meters";

import { useDeployment } from "../chain/deployment.ts";
import { capitalized, CUSTODY_TEXT, meterName } from "../model/names.ts";

/** A meter by name, with what kind it is and where. */
export function MeterLabel({
  number,
  meter,
  place = true,
}: {
  number: number;
  meter: MeterEntry | undefined;
  /** Whether to say where it is. */
  place?: boolean;
}) {
  const deployment = useDeployment();
  return (
    <span className="block sm:whitespace-nowrap">
      <span className="block font-medium">{meterName(deployment, meter, number)}</span>
      <span className="block text-sm font-normal text-muted">
        Meter {number}
        {place && meter !== undefined && meter.place !== "" && `, ${meter.place}`}
      </span>
    </span>
  );
}

/** Where the energy of a meter comes from. */
export function SourceLabel({ meter }: { meter: MeterEntry | undefined }) {
  if (meter === undefined || meter.source === "unknown")
    return <span className="whitespace-nowrap text-muted">not stated</span>;
  return <>{capitalized(meter.source)}</>;
}

/** Who keeps the key of a meter's device. */
export function CustodyLabel({ custody }: { custody: Custody | undefined }) {
  if (custody === undefined) return <span className="text-muted">not known</span>;
  const { short, meaning } = CUSTODY_TEXT[custody];
  return (
    <abbr title={meaning} className="cursor-help decoration-edge">
      {short}
    </abbr>
  );
}
