import type { Day } from "@commonwatt/sdk/time";

import { dayLabel } from "../lib/format.ts";
import { ArrowLeftIcon, ArrowRightIcon } from "./icons.tsx";

const STEP_CLASS =
  "grid size-11 shrink-0 place-items-center rounded-[10px] border border-edge bg-surface hover:bg-sunken disabled:opacity-40";

/**
 * Chooses one of some days.
 *
 * @param days - Newest first.
 */
export function DayPicker({
  label,
  days,
  value,
  onChange,
}: {
  label: string;
  days: readonly Day[];
  value: Day;
  onChange: (day: Day) => void;
}) {
  const at = days.indexOf(value);
  const older = days[at + 1];
  const newer = at > 0 ? days[at - 1] : undefined;
  return (
    <div role="group" aria-label={label} className="flex items-center gap-1.5">
      <button
        type="button"
        aria-label="Earlier day"
        disabled={older === undefined}
        className={STEP_CLASS}
        onClick={() => {
          if (older !== undefined) onChange(older);
        }}
      >
        <ArrowLeftIcon />
      </button>
      <select
        aria-label={label}
        className="control w-auto min-w-44"
        value={value}
        onChange={(event) => {
          onChange(Number(event.target.value) as Day);
        }}
      >
        {days.map((day) => (
          <option key={day} value={day}>
            {dayLabel(day)}
          </option>
        ))}
      </select>
      <button
        type="button"
        aria-label="Later day"
        disabled={newer === undefined}
        className={STEP_CLASS}
        onClick={() => {
          if (newer !== undefined) onChange(newer);
        }}
      >
        <ArrowRightIcon />
      </button>
    </div>
  );
}
