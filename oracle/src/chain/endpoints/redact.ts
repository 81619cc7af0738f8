/**
 * The URL of an endpoint as it may be shown: without user, password, path and query, in each of which providers put keys.
 *
 * @example redactUrl("https://user:secret@node.example/v3/key?token=1") // "https://node.example/..."
 */
export function redactUrl(url: string): string {
  const { origin, pathname, search, username, password } = new URL(url);
  const hides = pathname !== "/" || search !== "" || username !== "" || password !== "";
  return hides ? `${origin}/...` : origin;
}

/** Labels of several endpoints; those that look alike without their secrets get their place in the list. */
export function labelsOf(urls: readonly string[]): string[] {
  const labels = urls.map(redactUrl);
  return labels.map((label, index) =>
    labels.indexOf(label) === labels.lastIndexOf(label) ? label : `${label} (rpcUrls[${index}])`,
  );
}
