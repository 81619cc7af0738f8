/** The theme's colours that a canvas needs, as the browser resolved them: a canvas knows no CSS variables. */
export type PlotTheme = {
  ink: string;
  muted: string;
  line: string;
  accent: string;
  accentSoft: string;
  sun: string;
  grid: string;
};

const NAMES = {
  ink: "--color-ink",
  muted: "--color-muted",
  line: "--color-line",
  accent: "--color-accent",
  accentSoft: "--color-accent-soft",
  sun: "--color-sun",
  grid: "--color-grid",
} as const satisfies Record<keyof PlotTheme, string>;

/** Reads the colours in force at an element. */
export function readPlotTheme(element: HTMLElement): PlotTheme {
  const probe = document.createElement("span");
  element.append(probe);
  const resolve = (variable: string): string => {
    probe.style.color = `var(${variable})`;
    return getComputedStyle(probe).color;
  };
  const theme = Object.fromEntries(Object.entries(NAMES).map(([name, variable]) => [name, resolve(variable)]));
  probe.remove();
  return theme as PlotTheme;
}

/** The same colour, see-through. `rgb(1, 2, 3)` is what browsers resolve colours to. */
export function faded(color: string, alpha: number): string {
  return color.replace(/^rgb\((.*)\)$/u, `rgba($1, ${alpha})`);
}

/**
 * Calls back whenever the theme may have changed: by the toggle, or with the device.
 *
 * @returns Ends it.
 */
export function watchTheme(onChange: () => void): () => void {
  const observer = new MutationObserver(onChange);
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
  const device = matchMedia("(prefers-color-scheme: dark)");
  device.addEventListener("change", onChange);
  return () => {
    observer.disconnect();
    device.removeEventListener("change", onChange);
  };
}
