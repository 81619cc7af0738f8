import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import type { ServerResponse } from "node:http";
import { extname, join, normalize, sep } from "node:path";
import { pipeline } from "node:stream/promises";

const TYPES: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".ico": "image/x-icon",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".map": "application/json",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
  ".webmanifest": "application/manifest+json",
  ".woff2": "font/woff2",
};

/** Path of an existing file that a request names, or undefined; never one outside `folder`. */
async function resolveFile(folder: string, pathname: string): Promise<string | undefined> {
  let decoded: string;
  try {
    decoded = decodeURIComponent(pathname);
  } catch {
    return undefined;
  }
  const path = normalize(join(folder, decoded));
  if (decoded.includes("\0") || !path.startsWith(folder + sep)) return undefined;
  const found = await stat(path).catch(() => undefined);
  return found?.isFile() === true ? path : undefined;
}

/**
 * Answers a GET with a file of the built dApp. A path without an extension that is no file is a screen of the dApp: it
 * gets `index.html`, and the dApp's router shows the screen.
 */
export async function serveStatic(folder: string, pathname: string, response: ServerResponse): Promise<void> {
  const isScreen = extname(pathname) === "";
  const path =
    (await resolveFile(folder, pathname)) ?? (isScreen ? await resolveFile(folder, "/index.html") : undefined);
  if (path === undefined) {
    response.writeHead(404, { "content-type": "text/plain" }).end("Not found\n");
    return;
  }
  response.writeHead(200, {
    "content-type": TYPES[extname(path)] ?? "application/octet-stream",
    "x-content-type-options": "nosniff",
    "cache-control": "no-cache",
  });
  // The browser may go away in the middle; that ends the answer and nothing else.
  await pipeline(createReadStream(path), response).catch(() => response.destroy());
}
