/**
 * A config file's content with every URL cut down to where it leads: providers put keys into the path, and brokers' URLs can
 * hold a password. Everything else in a config that is secret is in files of its own.
 */
export function withoutSecrets(value: unknown): unknown {
  if (typeof value === "string") return cut(value);
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withoutSecrets(inner)]));
}

function cut(text: string): string {
  const url = /^[a-z][a-z0-9+.-]*:\/\//iu.test(text) ? URL.parse(text) : null;
  if (url === null) return text;
  const hides = url.username !== "" || url.password !== "" || url.search !== "" || !["", "/"].includes(url.pathname);
  return hides ? `${url.protocol}//${url.host}/...` : text;
}
