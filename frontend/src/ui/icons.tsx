import type { SVGProps } from "react";

/** Drawn on a 20 x 20 grid in the colour of the text around; always beside a word, so hidden from screen readers. */
function Icon({ children, ...rest }: SVGProps<SVGSVGElement>) {
  return (
    <svg
      aria-hidden="true"
      viewBox="0 0 20 20"
      width="20"
      height="20"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.7"
      strokeLinecap="round"
      strokeLinejoin="round"
      {...rest}
    >
      {children}
    </svg>
  );
}

/** A day's price as steps, and the line it keeps to. */
export function AutopilotIcon() {
  return (
    <Icon>
      <path d="M3 13.500h3.500V7h4v4h3V5.500H17M3 16.500h14" />
    </Icon>
  );
}
export function HomeIcon() {
  return (
    <Icon>
      <path d="M3 9.5 10 3.5l7 6M5 8.5V16h10V8.5M8.5 16v-4h3v4" />
    </Icon>
  );
}
/** Energy leaving: an arrow out of a tray. */
export function SellIcon() {
  return (
    <Icon>
      <path d="M10 12V3.5M6.5 7 10 3.5 13.5 7M3.5 11.500V16h13v-4.5" />
    </Icon>
  );
}
/** Energy coming in: an arrow into a tray. */
export function BuyIcon() {
  return (
    <Icon>
      <path d="M10 3.500V12M6.5 8.5 10 12l3.5-3.500M3.5 11.500V16h13v-4.5" />
    </Icon>
  );
}
export function LedgerIcon() {
  return (
    <Icon>
      <path d="M5 3.500h10v13H5zM8 7h4M8 10h4M8 13h2.5" />
    </Icon>
  );
}
export function CheckIcon() {
  return (
    <Icon width="16" height="16" strokeWidth="2.2">
      <path d="m4.5 10.5 3.5 3.5 7.5-8" />
    </Icon>
  );
}
export function CrossIcon() {
  return (
    <Icon width="16" height="16" strokeWidth="2.2">
      <path d="m5 5 10 10M15 5 5 15" />
    </Icon>
  );
}
export function ChevronIcon() {
  return (
    <Icon width="16" height="16">
      <path d="m5.5 8 4.5 4.500L14.5 8" />
    </Icon>
  );
}
export function ArrowLeftIcon() {
  return (
    <Icon width="18" height="18">
      <path d="M12.5 4.5 7 10l5.5 5.5" />
    </Icon>
  );
}
export function ArrowRightIcon() {
  return (
    <Icon width="18" height="18">
      <path d="M7.5 4.5 13 10l-5.5 5.5" />
    </Icon>
  );
}
export function SunIcon() {
  return (
    <Icon>
      <circle cx="10" cy="10" r="3.2" />
      <path d="M10 2.500v1.800M10 15.700v1.800M2.5 10h1.800M15.7 10h1.800M4.7 4.7 6 6M14 14l1.3 1.300M4.7 15.3 6 14M14 6l1.3-1.3" />
    </Icon>
  );
}
export function MoonIcon() {
  return (
    <Icon>
      <path d="M16 11.800A6.5 6.5 0 0 1 8.2 4a6.5 6.5 0 1 0 7.8 7.800Z" />
    </Icon>
  );
}
export function SystemIcon() {
  return (
    <Icon>
      <path d="M3.5 4.500h13v9h-13zM8 16.500h4" />
    </Icon>
  );
}

/** The mark: four quarter-hours of a day, the brightest in the sun's colour. */
export function Mark() {
  return (
    <svg aria-hidden="true" viewBox="0 0 32 32" width="28" height="28">
      <rect width="32" height="32" rx="8" className="fill-accent" />
      <g className="fill-on-accent">
        <rect x="7" y="16" width="3.6" height="9" rx="1.2" />
        <rect x="12.1" y="11" width="3.6" height="14" rx="1.2" />
        <rect x="22.3" y="13" width="3.6" height="12" rx="1.2" />
      </g>
      <rect x="17.2" y="7" width="3.6" height="18" rx="1.2" fill="#f0b545" />
    </svg>
  );
}
