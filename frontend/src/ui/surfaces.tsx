import type { ReactNode } from "react";

/** A titled section on its own surface. */
export function Card({
  title,
  id,
  aside,
  children,
  flush = false,
}: {
  title: ReactNode;
  id: string;
  aside?: ReactNode;
  children: ReactNode;
  /** No padding around the content: for tables. */
  flush?: boolean;
}) {
  return (
    <section aria-labelledby={id} className="min-w-0 rounded-card border border-line bg-surface">
      <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2 px-4 pt-4 pb-3 sm:px-5">
        <h2 id={id} className="text-lg font-semibold">
          {title}
        </h2>
        {aside}
      </div>
      <div className={flush ? "pb-2" : "px-4 pb-5 sm:px-5"}>{children}</div>
    </section>
  );
}

/** Title of a screen and one sentence on what it is for. */
export function PageHeading({ title, children, aside }: { title: string; children: ReactNode; aside?: ReactNode }) {
  return (
    <div className="mb-6 flex flex-wrap items-end justify-between gap-4">
      <div className="max-w-2xl">
        <h1 className="text-3xl font-semibold tracking-tight">{title}</h1>
        <p className="mt-1.5 text-muted">{children}</p>
      </div>
      {aside}
    </div>
  );
}

/** What a list shows while it has nothing: why, and what to do about it. */
export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="rounded-card border border-dashed border-line px-5 py-6 text-center">
      <p className="font-medium">{title}</p>
      {children !== undefined && <div className="mx-auto mt-1.5 max-w-prose text-sm text-muted">{children}</div>}
    </div>
  );
}

type Tone = "calm" | "good" | "notice" | "bad";

const TONES: Record<Tone, string> = {
  calm: "bg-sunken text-ink",
  good: "bg-accent-soft text-ink",
  notice: "bg-sun-soft text-ink",
  bad: "bg-danger-soft text-ink",
};

/** A sentence that stands out. Its tone is said in words too, never by colour alone. */
export function Note({ tone = "calm", children, live = false }: { tone?: Tone; children: ReactNode; live?: boolean }) {
  return (
    <div
      {...(live ? { role: tone === "bad" ? "alert" : "status" } : {})}
      className={`rounded-[10px] px-4 py-3 text-sm ${TONES[tone]}`}
    >
      {children}
    </div>
  );
}

/** One figure with its name. */
export function Figure({ label, value, hint }: { label: string; value: ReactNode; hint?: ReactNode }) {
  return (
    <div className="min-w-0">
      <dt className="text-sm text-muted">{label}</dt>
      <dd className="mt-0.5 text-xl font-semibold tracking-tight whitespace-nowrap sm:text-2xl">{value}</dd>
      {hint !== undefined && <dd className="text-sm text-muted">{hint}</dd>}
    </div>
  );
}

/** A short label beside a row. */
export function Chip({ children, tone = "calm" }: { children: ReactNode; tone?: Tone | "sun" }) {
  const look =
    tone === "sun" ? "bg-sun-soft text-sun-ink" : tone === "bad" ? "bg-danger-soft text-danger" : TONES[tone];
  return (
    <span className={`inline-flex items-center gap-1.5 rounded-full px-2.5 py-0.5 text-sm ${look}`}>{children}</span>
  );
}

/** Rows of grey while something is read. Takes the room of what will be there. */
export function SkeletonRows({ rows, what }: { rows: number; what: string }) {
  return (
    <div role="status" aria-label={`Reading ${what}`} className="grid gap-3 py-1">
      {Array.from({ length: rows }, (_, index) => (
        <div key={index} className="skeleton h-10" />
      ))}
    </div>
  );
}
