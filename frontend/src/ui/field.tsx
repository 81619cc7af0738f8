import { type ReactNode, useId } from "react";

/** What a field gives its control: the id its label points to, and what describes it. */
export type FieldControl = { id: string; "aria-describedby": string; "aria-invalid": boolean };

/**
 * A labelled control with a hint below. An error takes the hint's place, so that nothing below it moves.
 *
 * @param children - Renders the control with the properties given.
 */
export function Field({
  label,
  hint,
  error,
  children,
}: {
  label: string;
  hint?: ReactNode;
  error?: string | undefined;
  children: (control: FieldControl) => ReactNode;
}) {
  const id = useId();
  const described = `${id}-hint`;
  return (
    <div>
      <label htmlFor={id} className="mb-1 block text-sm font-medium">
        {label}
      </label>
      {children({ id, "aria-describedby": described, "aria-invalid": error !== undefined })}
      <p
        id={described}
        aria-live="polite"
        className={`mt-1 min-h-5 text-sm ${error === undefined ? "text-muted" : "text-danger"}`}
      >
        {error ?? hint}
      </p>
    </div>
  );
}
