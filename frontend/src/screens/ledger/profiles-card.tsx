import { Fragment, useState } from "react";

import type { ProfileEntry } from "@commonwatt/sdk/ledger/types";
import type { ProfileVerification } from "@commonwatt/sdk/ledger/verify-profile";

import { count, kwhNumber } from "../../lib/format.ts";
import type { Books } from "../../model/books.ts";
import { qualityCounts } from "../../model/day-summary.ts";
import { Hash } from "../../ui/hash.tsx";
import { CheckIcon, CrossIcon } from "../../ui/icons.tsx";
import { CustodyLabel, MeterLabel } from "../../ui/meter-label.tsx";
import { Card, Chip } from "../../ui/surfaces.tsx";
import { Cell, Table, WIDE_ONLY } from "../../ui/table.tsx";
import { ProfileDetail } from "./profile-detail.tsx";
import { useVerifications } from "./use-verifications.ts";

const COLUMNS = [
  { key: "meter", head: "Meter" },
  { key: "signature", head: "Signature", className: WIDE_ONLY },
  { key: "custody", head: "Key kept by", className: WIDE_ONLY },
  { key: "out", head: "Out, kWh", numeric: true },
  { key: "in", head: "In, kWh", numeric: true },
  { key: "registers", head: "Registers, kWh", numeric: true, className: WIDE_ONLY },
  { key: "unattributed", head: "Unattributed, kWh", numeric: true, className: WIDE_ONLY },
  { key: "quality", head: "Quality", className: WIDE_ONLY },
  { key: "tx", head: "Transaction", className: WIDE_ONLY },
  { key: "action", head: <span className="sr-only">Details</span> },
] as const;

/** Every meter's signed profile of a day, each checked here and now. */
export function ProfilesCard({ profiles, books }: { profiles: readonly ProfileEntry[]; books: Books }) {
  const [open, setOpen] = useState<number>();
  const sorted = profiles.toSorted((a, b) => a.meter - b.meter);
  const results = useVerifications(sorted);
  const done = results.filter((result) => result !== undefined);
  const good = done.filter(({ ok }) => ok).length;
  return (
    <Card
      id="profiles"
      title="Signed day profiles"
      flush
      aside={
        <span role="status" className="min-h-7">
          {done.length < sorted.length ? (
            <Chip>
              checking {done.length} of {sorted.length}
            </Chip>
          ) : good === sorted.length ? (
            <Chip tone="good">
              <CheckIcon /> all {count(good, "signature")} verified in this browser
            </Chip>
          ) : (
            <Chip tone="bad">
              <CrossIcon /> {sorted.length - good} of {count(sorted.length, "signature")} failed
            </Chip>
          )}
        </span>
      }
    >
      <Table caption="Day profiles as the meters’ devices signed them" columns={COLUMNS}>
        {sorted.map((profile, index) => (
          <Fragment key={profile.meter}>
            <ProfileRow
              profile={profile}
              result={results[index]}
              books={books}
              open={open === profile.meter}
              onToggle={() => {
                setOpen(open === profile.meter ? undefined : profile.meter);
              }}
            />
            {open === profile.meter && (
              <tr id={`profile-${profile.meter}`}>
                <td colSpan={COLUMNS.length} className="bg-page/60 p-0">
                  <ProfileDetail profile={profile} result={results[index]} />
                </td>
              </tr>
            )}
          </Fragment>
        ))}
      </Table>
    </Card>
  );
}

function ProfileRow({
  profile,
  result,
  books,
  open,
  onToggle,
}: {
  profile: ProfileEntry;
  result: ProfileVerification | undefined;
  books: Books;
  open: boolean;
  onToggle: () => void;
}) {
  const unattributedWh = profile.unattributedImportWh + profile.unattributedExportWh;
  return (
    <tr>
      <Cell head>
        <MeterLabel number={profile.meter} meter={books.meters.get(profile.meter)} place={false} />
        <span className="mt-1 block md:hidden">
          <Verdict result={result} />
        </span>
      </Cell>
      <Cell className={WIDE_ONLY}>
        <Verdict result={result} />
      </Cell>
      <Cell className={WIDE_ONLY}>
        <CustodyLabel custody={profile.deviceAtTime?.custody} />
      </Cell>
      <Cell numeric>{kwhNumber(profile.exportWh)}</Cell>
      <Cell numeric>{kwhNumber(profile.importWh)}</Cell>
      <Cell numeric className={WIDE_ONLY}>
        <span className="block">out {kwhNumber(profile.exportRegister * profile.unitWh)}</span>
        <span className="block text-muted">in {kwhNumber(profile.importRegister * profile.unitWh)}</span>
      </Cell>
      <Cell numeric className={`${WIDE_ONLY} ${unattributedWh > 0n ? "font-semibold text-sun-ink" : "text-muted"}`}>
        {kwhNumber(unattributedWh)}
      </Cell>
      <Cell className={`whitespace-nowrap ${WIDE_ONLY}`}>
        <QualityText profile={profile} />
      </Cell>
      <Cell className={WIDE_ONLY}>
        <Hash value={profile.transactionHash} what="transaction" />
      </Cell>
      <Cell numeric>
        <button
          type="button"
          aria-expanded={open}
          aria-controls={`profile-${profile.meter}`}
          aria-label={`${open ? "Hide" : "Show"} the day of meter ${profile.meter}`}
          className="rounded-md px-1.5 py-1 text-accent underline-offset-4 hover:underline"
          onClick={onToggle}
        >
          {open ? "Hide" : "Show"}
        </button>
      </Cell>
    </tr>
  );
}

/** What came out of checking a signature, in a word and a sign. */
function Verdict({ result }: { result: ProfileVerification | undefined }) {
  if (result === undefined) return <Chip>checking</Chip>;
  return result.ok ? (
    <Chip tone="good">
      <CheckIcon /> verified
    </Chip>
  ) : (
    <Chip tone="bad">
      <CrossIcon /> failed
    </Chip>
  );
}

function QualityText({ profile }: { profile: ProfileEntry }) {
  const { measured, estimated, missing } = qualityCounts(profile);
  const parts = [
    measured === 96 ? "all measured" : `${measured} measured`,
    ...(estimated > 0 ? [`${estimated} estimated`] : []),
    ...(missing > 0 ? [`${missing} missing`] : []),
  ];
  return (
    <>
      {parts.map((part) => (
        <span key={part} className="block">
          {part}
        </span>
      ))}
      {profile.late && <Chip tone="sun">recorded too late</Chip>}
    </>
  );
}
