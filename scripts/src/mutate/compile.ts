import { createRequire } from "node:module";
import { dirname, join, posix } from "node:path";
import { readFileSync } from "node:fs";

import type { Abi, Hex } from "viem";

import { isNode, type Node } from "./tree.ts";

/** Files by path from the repository's root, or from node_modules. */
export type Sources = Map<string, Buffer>;

/** A compiler's complaint, and where. */
export type Complaint = { message: string; file: string | undefined; start: number; end: number };

/** `code` as it is deployed, `creation` as it is sent. */
export type Compiled = { code: Hex; creation: Hex; abi: Abi } | { complaints: Complaint[] };

type Output = {
  errors?: {
    severity: string;
    formattedMessage?: string;
    message: string;
    sourceLocation?: { file: string; start: number; end: number };
  }[];
  sources?: Record<string, { ast?: unknown }>;
  contracts?: Record<
    string,
    Record<string, { abi: Abi; evm?: { bytecode: { object: string }; deployedBytecode: { object: string } } }>
  >;
};

const root = join(import.meta.dirname, "../../..");
const require = createRequire(join(root, "package.json"));
/** Loaded once: a compiler that is warm compiles at once. */
const compiler = require("solc") as { compile: (input: string) => string };

/** The compiler settings of hardhat.config.ts: what is deployed is what is tested. */
const SETTINGS = { evmVersion: "osaka", optimizer: { enabled: true, runs: 10_000 }, viaIR: true };

/** A file and all it imports. */
export function readSources(entry: string): Sources {
  const sources: Sources = new Map();
  const open = [entry];
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    if (sources.has(file)) continue;
    const content = readFileSync(join(root, file.startsWith("@") ? "node_modules" : "", file));
    // A linked library becomes part of the contract under test, so that the input's last word reaches it.
    sources.set(file, file.startsWith("contracts/libraries/") ? linkedAsInternal(content) : content);
    for (const [, path] of content.toString("utf8").matchAll(/^import[^;]*?"([^"]+)";/gmu)) {
      if (path !== undefined) open.push(path.startsWith(".") ? posix.join(dirname(file), path) : path);
    }
  }
  return sources;
}

/** Both words have eight letters: no offset moves. */
function linkedAsInternal(content: Buffer): Buffer {
  return Buffer.from(content.toString("utf8").replaceAll(/\bexternal\b/gu, "internal"));
}

/** The syntax trees of all files. */
export function parse(sources: Sources): Map<string, Node> {
  const output = run(sources, { "*": { "": ["ast"] } });
  const trees = new Map<string, Node>();
  for (const [file, { ast }] of Object.entries(output.sources ?? {})) if (isNode(ast)) trees.set(file, ast);
  const error = output.errors?.find(({ severity }) => severity === "error");
  if (error !== undefined) throw new Error(`The contracts do not compile.\n${error.formattedMessage ?? error.message}`);
  return trees;
}

/** The code of a contract as it is deployed. */
export function compile(sources: Sources, file: string, contract: string): Compiled {
  const output = run(sources, {
    [file]: { [contract]: ["evm.bytecode.object", "evm.deployedBytecode.object", "abi"] },
  });
  const complaints = (output.errors ?? [])
    .filter(({ severity }) => severity === "error")
    .map(({ message, sourceLocation }) => ({
      message,
      file: sourceLocation?.file,
      start: sourceLocation?.start ?? -1,
      end: sourceLocation?.end ?? -1,
    }));
  const made = output.contracts?.[file]?.[contract];
  const code = made?.evm?.deployedBytecode.object;
  if (complaints.length === 0 && made !== undefined && code !== undefined && /^[\da-f]+$/u.test(code)) {
    return { code: `0x${code}`, creation: `0x${made.evm?.bytecode.object ?? ""}`, abi: made.abi };
  }
  return { complaints: complaints.length > 0 ? complaints : [{ message: "no code", file, start: -1, end: -1 }] };
}

function run(sources: Sources, outputSelection: unknown): Output {
  const files = [...sources].map(([file, content]) => [file, { content: content.toString("utf8") }]);
  const input = {
    language: "Solidity",
    sources: Object.fromEntries(files) as unknown,
    settings: { ...SETTINGS, outputSelection },
  };
  return JSON.parse(compiler.compile(JSON.stringify(input))) as Output;
}
