/** Where Debian, Ubuntu, Fedora and macOS put a Chromium-like browser. */
const KNOWN_PATHS = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/**
 * Path of the browser for the browser tests: `CHROMIUM` if set, else the first known place that exists.
 *
 * @param env - Environment variables.
 * @param exists - Tells whether a file exists.
 * @returns The path, or undefined where there is no browser.
 * @throws Error when `CHROMIUM` names a file that does not exist: skipping silently would hide a typing error.
 */
export function chromiumPath(
  env: Record<string, string | undefined>,
  exists: (path: string) => boolean,
): string | undefined {
  const chosen = env["CHROMIUM"];
  if (chosen !== undefined && chosen !== "") {
    if (!exists(chosen)) throw new Error(`CHROMIUM is "${chosen}", expected the path of an existing browser.`);
    return chosen;
  }
  return KNOWN_PATHS.find(exists);
}
