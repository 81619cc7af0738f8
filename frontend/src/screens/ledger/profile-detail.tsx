import type { ProfileEntry } from "@commonwatt/sdk/ledger/types";
import type { ProfileVerification } from "@commonwatt/sdk/ledger/verify-profile";

import { kwh } from "../../lib/format.ts";
import { profileSeries, qualityCounts } from "../../model/day-summary.ts";
import { DayStrip } from "../../ui/day-strip.tsx";
import { Hash } from "../../ui/hash.tsx";
import { CustodyLabel } from "../../ui/meter-label.tsx";
import { Summary } from "../../ui/summary.tsx";
import { Note } from "../../ui/surfaces.tsx";

/** One meter's day in full: its quarter-hours, who signed, and what the check found. */
export function ProfileDetail({ profile, result }: { profile: ProfileEntry; result: ProfileVerification | undefined }) {
  const { imports, exports } = profileSeries(profile);
  const { measured, estimated, missing } = qualityCounts(profile);
  return (
    // As wide as the screen, not as the table, which may scroll sideways.
    <div className="sticky left-0 grid w-[min(100cqw,100%)] max-w-[calc(100vw-2rem)] gap-6 px-4 py-5 sm:px-5 lg:grid-cols-[1.6fr_1fr]">
      <DayStrip
        title={`Day of meter ${profile.meter}`}
        series={[
          { name: "Out", side: "up", look: "sun", values: exports },
          { name: "In", side: "down", look: "grid", values: imports },
        ]}
      />
      <div className="grid content-start gap-4">
        <Summary
          rows={[
            [
              "Device at that time",
              profile.deviceAtTime === undefined ? (
                "none"
              ) : (
                <Hash key="device" value={profile.deviceAtTime.device} what="address" />
              ),
            ],
            [
              "Signed by",
              result?.recovered === undefined ? (
                "\u2026"
              ) : (
                <Hash key="signer" value={result.recovered} what="address" />
              ),
            ],
            ["Signature", <Hash key="signature" value={profile.signature} what="signature" />],
            [
              "Hash of the quarter-hours",
              result === undefined ? "\u2026" : <Hash key="hash" value={result.intervalsHash} what="hash" />,
            ],
            ["Recorded in transaction", <Hash key="transaction" value={profile.transactionHash} what="transaction" />],
            ["Block", profile.blockNumber.toString()],
            ["Key kept by", <CustodyLabel key="custody" custody={profile.deviceAtTime?.custody} />],
            ["Register out, at day’s end", kwh(profile.exportRegister * profile.unitWh)],
            ["Register in, at day’s end", kwh(profile.importRegister * profile.unitWh)],
            ["Unattributed out", kwh(profile.unattributedExportWh)],
            ["Unattributed in", kwh(profile.unattributedImportWh)],
            ["Quarter-hours", `${measured} measured, ${estimated} estimated, ${missing} missing`],
          ]}
        />
        {result !== undefined &&
          (result.ok ? (
            <Note tone="good">
              The device signed exactly these quarter-hours and registers for this neighbourhood, and they add up.
            </Note>
          ) : (
            <Note tone="bad">
              <ul className="list-inside list-disc">
                {result.problems.map((problem) => (
                  <li key={problem}>{problem}</li>
                ))}
              </ul>
            </Note>
          ))}
      </div>
    </div>
  );
}
