import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";

/** Sums straight from a file, by rules as plain as can be and none of the project's code. Energy in milli-Wh. */
export type FromFile = {
  /** Per home. */
  readonly imports: ReadonlyMap<string, bigint>;
  readonly exports: ReadonlyMap<string, bigint>;
  /** Sum over the file's steps of min(all exports, all imports). */
  readonly matchable: bigint;
  /** Per home and moment: load - generation. */
  readonly nets: ReadonlyMap<string, ReadonlyMap<string, bigint>>;
};

function milli(text: string): bigint {
  const [whole = "", fraction = ""] = text.split(".");
  return BigInt(whole + fraction.padEnd(3, "0"));
}

/** Reads the rows of some days; `days` are ISO dates. The columns must stand in their usual order. */
export function sumFile(path: string, days: readonly string[]): FromFile {
  const bytes = readFileSync(path);
  const text = (path.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8");
  const imports = new Map<string, bigint>();
  const exports = new Map<string, bigint>();
  const steps = new Map<string, { imported: bigint; exported: bigint }>();
  const nets = new Map<string, Map<string, bigint>>();
  for (const line of text.trim().split("\n").slice(1)) {
    const [home = "", ts = "", load = "", pv = ""] = line.split(",");
    if (!days.includes(ts.slice(0, 10)) || load === "" || pv === "") continue;
    const net = milli(load) - milli(pv);
    nets.set(home, (nets.get(home) ?? new Map<string, bigint>()).set(ts, net));
    const step = steps.get(ts) ?? { imported: 0n, exported: 0n };
    steps.set(ts, step);
    if (net > 0n) {
      imports.set(home, (imports.get(home) ?? 0n) + net);
      step.imported += net;
    } else {
      exports.set(home, (exports.get(home) ?? 0n) - net);
      step.exported -= net;
    }
  }
  const matchable = [...steps.values()].reduce(
    (sum, { imported, exported }) => sum + (imported < exported ? imported : exported),
    0n,
  );
  return { imports, exports, matchable, nets };
}
