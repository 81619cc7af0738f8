import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";

import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

/**
 * Settings, all from the environment:
 * - COMMONWATT_RPC_URL: node behind `/rpc` in dev and preview.
 * - COMMONWATT_BOARD_URL: offer board behind `/api` in dev and preview.
 * - COMMONWATT_DEPLOYMENT: file served as `/deployment.json` in dev and preview.
 * - COMMONWATT_CONNECT: space-separated origins the built dApp may talk to besides its own.
 * - VITE_DEMO: "1" builds the demo wallet in.
 */
const rpcUrl = process.env["COMMONWATT_RPC_URL"] ?? "http://127.0.0.1:8545";
const boardUrl = process.env["COMMONWATT_BOARD_URL"] ?? "http://127.0.0.1:8546";
const deploymentFile = process.env["COMMONWATT_DEPLOYMENT"];
const connectOrigins = (process.env["COMMONWATT_CONNECT"] ?? "").split(/\s+/u).filter((origin) => origin !== "");

/** Writes the content security policy into the built page: own code, own origin, and the configured endpoints only. */
function contentSecurityPolicy(): Plugin {
  return {
    name: "commonwatt-csp",
    apply: "build",
    transformIndexHtml: {
      order: "post",
      handler(html) {
        const inline = [...html.matchAll(/<script>([\s\S]*?)<\/script>/gu)].map(
          ([, code]) =>
            `'sha256-${createHash("sha256")
              .update(code ?? "")
              .digest("base64")}'`,
        );
        const policy = [
          "default-src 'none'",
          `script-src 'self' ${inline.join(" ")}`,
          "style-src 'self'",
          // Wallets announce their icons as data URIs (EIP-6963).
          "img-src 'self' data:",
          ["connect-src 'self'", ...connectOrigins].join(" "),
          "base-uri 'none'",
          "form-action 'none'",
        ].join("; ");
        return html.replace(
          "<meta charset",
          `<meta http-equiv="Content-Security-Policy" content="${policy}" />\n    <meta charset`,
        );
      },
    },
  };
}

/** Serves the deployment file of a running stack, read anew at each request: a restarted chain has new addresses. */
function serveDeployment(): Plugin {
  const middleware = (request: IncomingMessage, response: ServerResponse, next: () => void): void => {
    if (deploymentFile === undefined || request.url?.split("?")[0] !== "/deployment.json") {
      next();
      return;
    }
    try {
      const body = readFileSync(deploymentFile);
      response.setHeader("content-type", "application/json");
      response.setHeader("cache-control", "no-store");
      response.end(body);
    } catch (error) {
      response.statusCode = 404;
      response.end(`COMMONWATT_DEPLOYMENT is "${deploymentFile}", which cannot be read: ${String(error)}`);
    }
  };
  return {
    name: "commonwatt-deployment",
    configureServer(server) {
      server.middlewares.use(middleware);
    },
    configurePreviewServer(server) {
      server.middlewares.use(middleware);
    },
  };
}

const proxy = {
  "/rpc": { target: rpcUrl, changeOrigin: true, rewrite: (path: string) => path.replace(/^\/rpc/u, "") },
  "/api": { target: boardUrl, changeOrigin: true },
};

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react(), tailwindcss(), contentSecurityPolicy(), serveDeployment()],
  server: { host: "127.0.0.1", port: 5173, proxy },
  preview: { host: "127.0.0.1", port: 4173, proxy },
  build: {
    target: "es2022",
    // What others wrote changes seldom: in a file of its own it stays in the browser's cache.
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: "vendor", test: /node_modules/u }] } } },
    chunkSizeWarningLimit: 1_100,
  },
});
