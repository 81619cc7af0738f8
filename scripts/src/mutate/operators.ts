import type { Mutant } from "./mutant.ts";
import { childrenOf, isNode, type Node, nodeAt, nodesAt, rangeOf, textAt } from "./tree.ts";

/** What each binary operator of Solidity is replaced by. */
const BINARY: Record<string, string[]> = {
  "<": ["<=", ">="],
  "<=": ["<", ">"],
  ">": [">=", "<="],
  ">=": [">", "<"],
  "==": ["!="],
  "!=": ["=="],
  "&&": ["||"],
  "||": ["&&"],
  "+": ["-"],
  "-": ["+"],
  "&": ["|"],
  "|": ["&"],
  "^": ["&"],
  "<<": [">>"],
  ">>": ["<<"],
};

const ASSIGNMENTS: Record<string, string> = {
  "+=": "-=",
  "-=": "+=",
  "|=": "&=",
  "&=": "|=",
  "^=": "&=",
  "<<=": ">>=",
  ">>=": "<<=",
};

/** What each function of Yul is replaced by. */
const YUL: Record<string, string[]> = {
  lt: ["gt"],
  gt: ["lt"],
  slt: ["sgt"],
  sgt: ["slt"],
  add: ["sub"],
  sub: ["add"],
  and: ["or"],
  or: ["and"],
  shl: ["shr"],
  shr: ["shl"],
};

/** With these inside, an expression cannot be computed twice. */
const YUL_EFFECTS = /\b(?:staticcall|call|delegatecall|mstore8?|sstore|create2?)\(/u;

type Place = { constant: boolean };

/**
 * Every mutant of a file.
 *
 * @param file - Path from the repository's root.
 * @param source - Its bytes: the compiler counts bytes.
 * @param tree - The compiler's syntax tree of it.
 * @param functions - Only in functions of these names, and outside functions; undefined: everywhere.
 */
export function mutantsOf(file: string, source: Buffer, tree: Node, functions?: readonly string[]): Mutant[] {
  const found: Mutant[] = [];
  const slice = (node: Node): string => {
    const { start, length } = rangeOf(node);
    return source.subarray(start, start + length).toString("utf8");
  };

  function report(node: Node, operator: string, replacement: string, woven?: (id: number) => string): void {
    const { start, length } = rangeOf(node);
    const before = source.subarray(0, start).toString("utf8");
    const line = before.split("\n").length;
    const lineText = source.toString("utf8").split("\n")[line - 1]?.trim() ?? "";
    found.push({ file, operator, start, length, original: slice(node), replacement, line, lineText, woven });
  }

  function choose(node: Node, operator: string, replacement: string, { constant }: Place): void {
    const original = slice(node);
    const woven = (id: number): string => `(Chosen.on(${id}) ? (${replacement}) : (${original}))`;
    report(node, operator, replacement, constant ? undefined : woven);
  }

  function chooseYul(node: Node, operator: string, replacement: string): void {
    const original = slice(node);
    const chosen = (id: number): string => `eq(calldataload(sub(calldatasize(), 32)), ${id})`;
    const woven = (id: number): string => `xor(${original}, mul(xor(${original}, ${replacement}), ${chosen(id)}))`;
    report(node, operator, replacement, YUL_EFFECTS.test(original) ? undefined : woven);
  }

  function binary(node: Node, place: Place): void {
    const left = nodeAt(node, "leftExpression");
    const right = nodeAt(node, "rightExpression");
    if (left === undefined || right === undefined) return;
    const operator = textAt(node, "operator");
    for (const other of BINARY[operator] ?? []) {
      choose(node, `${operator} to ${other}`, `${slice(left)} ${other} ${slice(right)}`, place);
    }
  }

  function literal(node: Node, place: Place): void {
    const value = textAt(node, "value");
    if (textAt(node, "kind") !== "number" || node["subdenomination"] != null) return;
    const digits = value.replaceAll("_", "");
    if (!/^(?:\d+|0x[\da-f]+)$/iu.test(digits)) return;
    for (const [operator, other] of [
      ["one more", BigInt(digits) + 1n],
      ["one less", BigInt(digits) - 1n],
    ] as const) {
      if (other < 0n || other >= 1n << 256n) continue;
      const woven = (id: number): string => `(Chosen.on(${id}) ? uint256(${other}) : uint256(${value}))`;
      report(node, operator, String(other), place.constant ? undefined : woven);
    }
  }

  function statement(node: Node): void {
    const call = nodeAt(node, "expression");
    const called = call === undefined ? undefined : nodeAt(call, "expression");
    if (call?.nodeType !== "FunctionCall" || called === undefined || textAt(called, "name") !== "require") return;
    const original = slice(node);
    report(node, "drop check", "{}", (id) => `if (!Chosen.on(${id})) ${original}`);
  }

  function condition(node: Node, place: Place): void {
    const of = nodeAt(node, "condition");
    if (of === undefined) return;
    choose(of, "never", "false", place);
    if (node.nodeType !== "IfStatement") return;
    choose(of, "always", "true", place);
  }

  function yulCall(node: Node): void {
    const name = textAt(nodeAt(node, "functionName") ?? node, "name");
    const args = nodesAt(node, "arguments").map(slice);
    for (const other of YUL[name] ?? []) chooseYul(node, `${name} to ${other}`, `${other}(${args.join(", ")})`);
    if (name === "eq" || name === "iszero" || name === "lt" || name === "gt") {
      chooseYul(node, `not ${name}`, `iszero(${slice(node)})`);
    }
  }

  function yulLiteral(node: Node): void {
    const value = textAt(node, "value");
    if (textAt(node, "kind") !== "number") return;
    const last = (1n << 256n) - 1n;
    if (BigInt(value) < last) chooseYul(node, "one more", String(BigInt(value) + 1n));
    if (BigInt(value) > 0n) chooseYul(node, "one less", String(BigInt(value) - 1n));
  }

  function visit(node: Node, place: Place): void {
    switch (node.nodeType) {
      case "FunctionDefinition":
        if (functions?.includes(textAt(node, "name")) === false) return;
        break;
      case "ArrayTypeName":
        return;
      case "VariableDeclaration":
        if (node["constant"] === true) place = { constant: true };
        break;
      case "BinaryOperation":
        binary(node, place);
        break;
      case "Assignment": {
        const other = ASSIGNMENTS[textAt(node, "operator")];
        const left = nodeAt(node, "leftHandSide");
        const right = nodeAt(node, "rightHandSide");
        if (other === undefined || left === undefined || right === undefined) break;
        const changed = `${slice(left)} ${other} ${slice(right)}`;
        report(node, `${textAt(node, "operator")} to ${other}`, changed, (id) => {
          return `if (Chosen.on(${id})) ${changed}; else ${slice(node)}`;
        });
        break;
      }
      case "UnaryOperation": {
        const operand = nodeAt(node, "subExpression");
        const operator = textAt(node, "operator");
        if (operand !== undefined && (operator === "!" || operator === "~")) {
          choose(node, `drop ${operator}`, slice(operand), place);
        }
        break;
      }
      case "Literal":
        literal(node, place);
        break;
      case "ExpressionStatement":
        statement(node);
        break;
      case "IfStatement":
      case "Conditional":
        condition(node, place);
        break;
      case "YulFunctionCall":
        yulCall(node);
        // Its name is no expression.
        for (const argument of nodesAt(node, "arguments")) visit(argument, place);
        return;
      case "YulLiteral":
        yulLiteral(node);
        return;
      case "InlineAssembly": {
        const block = node["AST"];
        if (isNode(block)) visit(block, place);
        return;
      }
      default:
    }
    for (const child of childrenOf(node)) visit(child, place);
  }

  visit(tree, { constant: false });
  return found;
}
