import type { Site } from "./mutant.ts";
import { isConstant } from "./reach.ts";
import { childrenOf, type Node, nodeAt, nodesAt, rangeOf, textAt } from "./tree.ts";

/** What a node is worth in a mutant, if it is the changed one. */
export type Change = (node: Node, valueOf: (node: Node) => bigint | undefined) => bigint | undefined;

type Use = { file: string; start: number; length: number; text: string; yul: boolean };

const WORD = 1n << 256n;
const SECONDS: Record<string, bigint> = { seconds: 1n, minutes: 60n, hours: 3_600n, days: 86_400n };

const OPERATIONS: Record<string, (a: bigint, b: bigint) => bigint> = {
  "<<": (a, b) => a << b,
  ">>": (a, b) => a >> b,
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "|": (a, b) => a | b,
  "&": (a, b) => a & b,
};

/** Which values the constants of all files have, and where functions use them. */
export class Constants {
  readonly #declarations = new Map<unknown, Node>();
  readonly #uses = new Map<unknown, Use[]>();
  /** Used where the compiler wants a constant. */
  readonly #fixed = new Set<unknown>();

  /** @param files - Each with its bytes and the compiler's syntax tree. */
  constructor(files: readonly { file: string; source: Buffer; tree: Node }[]) {
    for (const { tree } of files) this.#declare(tree);
    for (const { file, source, tree } of files) this.#find(file, source, tree, false);
  }

  /**
   * Where the functions must be told of another value when a constant changes, so that they can be told at run time.
   *
   * @returns Undefined if the change can only be compiled.
   */
  sitesOf(change: Change): Site[] | undefined {
    const sites: Site[] = [];
    for (const [id, declaration] of this.#declarations) {
      const before = this.#worth(declaration, () => undefined);
      const after = this.#worth(declaration, change);
      if (before === after) continue;
      const type = textAt(nodeAt(declaration, "typeName") ?? declaration, "name");
      if (after === undefined || !fits(after, type) || this.#fixed.has(id)) return undefined;
      for (const use of this.#uses.get(id) ?? []) sites.push(siteOf(use, type, after));
    }
    return sites.length > 0 ? sites : undefined;
  }

  #declare(node: Node): void {
    if (isConstant(node)) this.#declarations.set(node["id"], node);
    for (const child of childrenOf(node)) this.#declare(child);
  }

  #find(file: string, source: Buffer, node: Node, fixed: boolean): void {
    // What constants are made of is followed by their values.
    if (isConstant(node)) {
      if (this.#worth(node, () => undefined) === undefined) for (const child of childrenOf(node)) this.#fix(child);
      return;
    }
    const use = (id: unknown, { start, length }: { start: number; length: number }, yul: boolean): void => {
      if (!this.#declarations.has(id)) return;
      if (fixed) this.#fixed.add(id);
      const text = source.subarray(start, start + length).toString("utf8");
      this.#uses.set(id, [...(this.#uses.get(id) ?? []), { file, start, length, text, yul }]);
    };
    if (node.nodeType === "Identifier" || node.nodeType === "MemberAccess") {
      use(node["referencedDeclaration"], rangeOf(node), false);
    }
    const outside = node["externalReferences"];
    if (Array.isArray(outside)) {
      for (const of of outside as { declaration: unknown; src: string }[]) {
        use(of.declaration, rangeOf({ nodeType: "YulIdentifier", src: of.src }), true);
      }
    }
    for (const child of childrenOf(node)) this.#find(file, source, child, fixed || node.nodeType === "ArrayTypeName");
  }

  #fix(node: Node): void {
    this.#fixed.add(node["referencedDeclaration"]);
    for (const child of childrenOf(node)) this.#fix(child);
  }

  /** Of a constant or an expression of constants; undefined: unknown, or no whole number. */
  #worth(node: Node, change: Change): bigint | undefined {
    const valueOf = (part: Node | undefined): bigint | undefined =>
      part === undefined ? undefined : this.#worth(part, change);
    const changed = change(node, valueOf);
    if (changed !== undefined) return changed;
    switch (node.nodeType) {
      case "VariableDeclaration":
        return valueOf(nodeAt(node, "value"));
      case "Literal":
        return literalValue(node);
      case "Identifier":
      case "MemberAccess":
        return valueOf(this.#declarations.get(node["referencedDeclaration"]));
      case "TupleExpression":
        return valueOf(nodesAt(node, "components")[0]);
      case "FunctionCall":
        return textAt(node, "kind") === "typeConversion" ? valueOf(nodesAt(node, "arguments")[0]) : undefined;
      case "BinaryOperation":
        return computed(node, textAt(node, "operator"), valueOf);
      default:
        return undefined;
    }
  }
}

/** What a binary operation comes to with an operator; undefined where it does not fit a word. */
export function computed(
  node: Node,
  operator: string,
  valueOf: (node: Node) => bigint | undefined,
): bigint | undefined {
  const left = nodeAt(node, "leftExpression");
  const right = nodeAt(node, "rightExpression");
  const [a, b] = [left && valueOf(left), right && valueOf(right)];
  if (a === undefined || b === undefined || a < 0n || b < 0n) return undefined;
  if ((operator === "<<" || operator === ">>") && b > 256n) return undefined;
  const result = OPERATIONS[operator]?.(a, b);
  return result === undefined || result < 0n || result > WORD ? undefined : result;
}

/** The number that a literal stands for. */
export function literalValue(node: Node): bigint | undefined {
  const digits = textAt(node, "value").replaceAll("_", "");
  if (textAt(node, "kind") !== "number" || !/^(?:\d+|0x[\da-f]+)$/iu.test(digits)) return undefined;
  const unit = node["subdenomination"] == null ? 1n : SECONDS[textAt(node, "subdenomination")];
  return unit === undefined ? undefined : BigInt(digits) * unit;
}

function fits(value: bigint, type: string): boolean {
  const [, sign, bits] = /^(u?)int(\d+)$/u.exec(type) ?? [];
  return bits !== undefined && value < 1n << BigInt(Number(bits) - (sign === "u" ? 0 : 1));
}

function siteOf({ file, start, length, text, yul }: Use, type: string, value: bigint): Site {
  const chosen: Site["text"] = (id, others) =>
    yul ? yulChoice(text, String(value), id, others) : `(Chosen.on(${id}) ? ${type}(${value}) : ${others})`;
  return { file, start, length, text: chosen };
}

/**
 * In assembly, another value in the mutant of this number.
 *
 * @param others - What stands there unless it is chosen; at most one is, so that this is the original if it is.
 */
export function yulChoice(original: string, other: string, id: number, others: string): string {
  return `xor(${others}, mul(xor(${original}, ${other}), eq(calldataload(sub(calldatasize(), 32)), ${id})))`;
}
