import type { ButtonHTMLAttributes } from "react";

type Look = "primary" | "quiet" | "plain" | "danger";

const LOOKS: Record<Look, string> = {
  primary: "bg-accent text-on-accent hover:bg-accent-hover",
  quiet: "border border-edge bg-surface text-ink hover:bg-sunken",
  plain: "text-accent underline-offset-4 hover:underline px-1.5!",
  danger: "border border-danger text-danger hover:bg-danger-soft",
};

type ButtonProps = ButtonHTMLAttributes<HTMLButtonElement> & { look?: Look; small?: boolean };

/** Classes of a button, for links and menu triggers that look like one. */
export function buttonClass(look: Look = "quiet", small = false): string {
  const size = small ? "min-h-9 px-3 text-sm" : "min-h-11 px-4.5";
  return `inline-flex items-center justify-center gap-2 rounded-[10px] font-medium whitespace-nowrap transition-colors disabled:opacity-50 ${size} ${LOOKS[look]}`;
}

/** A button. `type` is "button" unless told otherwise: no form is sent by accident. */
export function Button({ look = "quiet", small = false, className = "", type = "button", ...rest }: ButtonProps) {
  return <button type={type} className={`${buttonClass(look, small)} ${className}`} {...rest} />;
}
