import { useState } from "react";

import { shortHex } from "../lib/format.ts";

const SHOWN_MS = 1_500;

/** A hash or address in short form. A click copies all of it; its full form is what a screen reader is told. */
export function Hash({ value, what }: { value: string; what: string }) {
  const [copied, setCopied] = useState(false);
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(value);
    setCopied(true);
    setTimeout(() => {
      setCopied(false);
    }, SHOWN_MS);
  };
  return (
    <button
      type="button"
      title={`${value} (click to copy)`}
      aria-label={`Copy ${what} ${value}`}
      className="rounded-md px-1 py-0.5 font-mono text-[0.8125rem] whitespace-nowrap text-muted hover:bg-sunken hover:text-ink"
      onClick={() => {
        // A browser may refuse the clipboard; the full value is in the title then.
        copy().catch(() => undefined);
      }}
    >
      {copied ? "copied\u00a0\u00a0\u00a0\u00a0\u00a0" : shortHex(value)}
    </button>
  );
}
