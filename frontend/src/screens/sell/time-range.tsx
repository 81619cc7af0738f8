import { quarterStart } from "../../lib/format.ts";
import { Field } from "../../ui/field.tsx";

/** Chooses a span of quarter-hours of a day. The other end follows where the two would cross. */
export function TimeRange({
  first,
  last,
  onChange,
}: {
  first: number;
  /** Included. */
  last: number;
  onChange: (range: { first: number; last: number }) => void;
}) {
  return (
    <div className="grid grid-cols-2 gap-3">
      <Field label="From">
        {(control) => (
          <select
            {...control}
            className="control"
            value={first}
            onChange={(event) => {
              const next = Number(event.target.value);
              onChange({ first: next, last: Math.max(next, last) });
            }}
          >
            {Array.from({ length: 96 }, (_, index) => (
              <option key={index} value={index}>
                {quarterStart(index)}
              </option>
            ))}
          </select>
        )}
      </Field>
      <Field label="To">
        {(control) => (
          <select
            {...control}
            className="control"
            value={last}
            onChange={(event) => {
              const next = Number(event.target.value);
              onChange({ first: Math.min(first, next), last: next });
            }}
          >
            {Array.from({ length: 96 }, (_, index) => (
              <option key={index} value={index}>
                {quarterStart(index + 1)}
              </option>
            ))}
          </select>
        )}
      </Field>
    </div>
  );
}
