import { useState } from "react";

import { applyTheme, nextTheme, storedTheme, type Theme } from "../lib/theme.ts";
import { MoonIcon, SunIcon, SystemIcon } from "./icons.tsx";

const NAMES: Record<Theme, string> = { system: "as the device", light: "light", dark: "dark" };

/** Goes round: as the device, light, dark. */
export function ThemeToggle() {
  const [theme, setTheme] = useState(storedTheme);
  const Icon = theme === "light" ? SunIcon : theme === "dark" ? MoonIcon : SystemIcon;
  return (
    <button
      type="button"
      aria-label={`Colours: ${NAMES[theme]}. Change to ${NAMES[nextTheme(theme)]}.`}
      title={`Colours: ${NAMES[theme]}`}
      className="grid size-10 place-items-center rounded-[10px] text-muted hover:bg-sunken hover:text-ink"
      onClick={() => {
        const next = nextTheme(theme);
        applyTheme(next);
        setTheme(next);
      }}
    >
      <Icon />
    </button>
  );
}
