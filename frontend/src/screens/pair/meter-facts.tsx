import type { ReactNode } from "react";

import type { PairingInvitation } from "@commonwatt/sdk/consent";

import { useDeployment } from "../../chain/deployment.ts";
import { Hash } from "../../ui/hash.tsx";
import { Summary } from "../../ui/summary.tsx";

const WH_PER_KWH = 1000n;

/** What the link says of the meter, for the owner to compare with what hangs on the wall. */
export function MeterFacts({ invitation }: { invitation: PairingInvitation }): ReactNode {
  const { name } = useDeployment();
  const { meteringPoint, device, importRegister, exportRegister, unitWh } = invitation;
  return (
    <Summary
      rows={[
        ["Neighbourhood", name],
        ["Metering point", meteringPoint],
        ["Shows for energy drawn", kwh(importRegister, unitWh)],
        ["Shows for energy fed in", kwh(exportRegister, unitWh)],
        ["Device that will sign", <Hash key="device" value={device} what="address of the device" />],
      ]}
    />
  );
}

/** A register as meters show it: kWh with three decimals. */
export function kwh(register: bigint, unitWh: number): string {
  const wh = register * BigInt(unitWh);
  return `${wh / WH_PER_KWH}.${(wh % WH_PER_KWH).toString().padStart(3, "0")} kWh`;
}
