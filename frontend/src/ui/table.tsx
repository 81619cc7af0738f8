import type { ReactNode } from "react";

/** A column: its heading, and whether it holds numbers. */
export type Column = { key: string; head: ReactNode; numeric?: boolean; className?: string };

/**
 * A table that scrolls sideways by itself on a narrow screen and can be reached with the keyboard there.
 *
 * @param caption - What the table holds; read out, and shown unless `captionHidden`.
 */
export function Table({
  caption,
  captionHidden = true,
  columns,
  children,
  maxHeight,
}: {
  caption: string;
  captionHidden?: boolean;
  columns: readonly Column[];
  children: ReactNode;
  maxHeight?: string;
}) {
  return (
    <div
      role="region"
      aria-label={caption}
      tabIndex={0}
      className={`relative overflow-x-auto ${maxHeight === undefined ? "" : `overflow-y-auto ${maxHeight}`}`}
    >
      <table className="w-full border-collapse text-left text-sm">
        <caption className={captionHidden ? "sr-only" : "px-4 pb-2 text-left text-muted sm:px-5"}>{caption}</caption>
        <thead>
          <tr className="border-b border-line text-muted">
            {columns.map((column) => (
              <th
                key={column.key}
                scope="col"
                className={`px-1.5 py-2 font-medium whitespace-nowrap sm:px-3 first:pl-4 last:pr-4 sm:first:pl-5 sm:last:pr-5 ${column.numeric === true ? "text-right" : ""} ${column.className ?? ""}`}
              >
                {column.head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody className="divide-y divide-line">{children}</tbody>
      </table>
    </div>
  );
}

/** A cell. `head` makes it the row's heading. */
export function Cell({
  children,
  numeric = false,
  head = false,
  className = "",
}: {
  children?: ReactNode;
  numeric?: boolean;
  head?: boolean;
  className?: string;
}) {
  const look = `px-1.5 py-2.5 align-middle sm:px-3 first:pl-4 last:pr-4 sm:first:pl-5 sm:last:pr-5 ${numeric ? "text-right whitespace-nowrap" : ""} ${className}`;
  return head ? (
    <th scope="row" className={`${look} font-medium`}>
      {children}
    </th>
  ) : (
    <td className={look}>{children}</td>
  );
}

/** For columns that a narrow screen leaves out: what they say stands elsewhere in the row there. */
export const WIDE_ONLY = "max-md:hidden";
