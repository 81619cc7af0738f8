const LOOPBACK_HOSTS = ["localhost", "127.0.0.1", "[::1]"];

/** Whether a page of this origin may call the board: any of this machine, and those of the config. */
export function isAllowedOrigin(origin: string, allowed: readonly string[]): boolean {
  const url = URL.parse(origin);
  if (url === null) return false;
  return LOOPBACK_HOSTS.includes(url.hostname) || allowed.some((entry) => URL.parse(entry)?.origin === url.origin);
}
