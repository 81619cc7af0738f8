/** Bundles the gateway's process into one file: what it does not need is not in it, and Node has one file to read. */
import { join } from "node:path";

import { build, type Plugin } from "vite";

const root = join(import.meta.dirname, "../..");
/** The MQTT client brings its own streams, and ways over websockets and proxies that a gateway does not take. */
const NODE_OWN: Readonly<Record<string, string>> = { "readable-stream": "node:stream", "process/": "node:process" };
const LEFT_OUT = new Set(["ws", "socks", "worker-timers"]);
const NOTHING = "\0nothing";
type Change = { file: string; from: string; to: string };
/**
 * The MQTT codec keeps two bytes ready for each of 65,536 numbers, which is 7 MB; it can do without, and is told so here.
 * TLS is loaded where it is spoken.
 */
const CHANGES: readonly Change[] = [
  {
    file: "mqtt-packet/writeToStream.js",
    from: "let writeNumber = writeNumberCached",
    to: "let writeNumber = writeNumberGenerated",
  },
  { file: "mqtt-packet/writeToStream.js", from: "let toGenerate = true", to: "let toGenerate = false" },
  {
    file: "mqtt/build/lib/connect/tls.js",
    from: 'const tls_1 = require("tls")',
    to: 'const tls_1 = { connect: (options) => process.getBuiltinModule("node:tls").connect(options) }',
  },
];

const slim: Plugin = {
  name: "slim",
  enforce: "pre",
  resolveId(source) {
    const own = NODE_OWN[source];
    if (own !== undefined) return { id: own, external: true };
    return LEFT_OUT.has(source) ? NOTHING : undefined;
  },
  transform(code, id) {
    const changes = CHANGES.filter(({ file }) => id.endsWith(file));
    if (changes.length === 0) return undefined;
    return changes.reduce((text, { file, from, to }) => {
      if (!text.includes(from)) throw new Error(`${file} does not say ${JSON.stringify(from)} any more`);
      return text.replace(from, to);
    }, code);
  },
  load: (id) =>
    id === NOTHING ? "export const SocksClient = undefined, WebSocket = undefined; export default {};" : undefined,
};

await build({
  configFile: false,
  root,
  logLevel: "warn",
  plugins: [slim],
  ssr: { noExternal: true, external: ["koffi"] },
  build: {
    ssr: join(root, "oracle/src/edge/gateway-main.ts"),
    outDir: join(root, "oracle/dist"),
    emptyOutDir: true,
    target: "node24",
    minify: true,
    rolldownOptions: { output: { entryFileNames: "edge.mjs", chunkFileNames: "edge-[name].mjs" } },
  },
});
