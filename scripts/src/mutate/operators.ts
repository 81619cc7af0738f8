import { type Change, computed, type Constants, literalValue, yulChoice } from "./constants.ts";
import type { Mutant, Site } from "./mutant.ts";
import { isConstant, reachOf } from "./reach.ts";
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
 * @param constants - Of all files.
 * @param names - Only in functions and constants of these names, and in the constants they use; undefined: everywhere.
 */
export function mutantsOf(
  file: string,
  source: Buffer,
  tree: Node,
  constants: Constants,
  names?: readonly string[],
): Mutant[] {
  const reach = names === undefined ? undefined : reachOf(tree, names);
  const found: Mutant[] = [];
  let within = "";
  const slice = (node: Node): string => {
    const { start, length } = rangeOf(node);
    return source.subarray(start, start + length).toString("utf8");
  };

  /** Another operator may bind less tightly than the one that it replaces. */
  function operand(node: Node): string {
    return node.nodeType === "BinaryOperation" ? `(${slice(node)})` : slice(node);
  }

  function report(node: Node, operator: string, replacement: string, woven?: Mutant["woven"]): void {
    const { start, length } = rangeOf(node);
    const before = source.subarray(0, start).toString("utf8");
    const line = before.split("\n").length;
    const whole = source.toString("utf8").split("\n")[line - 1] ?? "";
    const lineText = whole.trim();
    const column = (before.split("\n").at(-1) ?? "").length - whole.indexOf(lineText);
    found.push({
      file,
      operator,
      start,
      length,
      original: slice(node),
      replacement,
      line,
      lineText,
      column,
      within,
      woven,
    });
  }

  function here(node: Node, text: Site["text"]): Mutant["woven"] {
    return [{ file, ...rangeOf(node), text }];
  }

  /** @param change - What it does to a constant. */
  function choose(node: Node, operator: string, replacement: string, place: Place, change?: Change): void {
    const woven = here(node, (id, others) => `(Chosen.on(${id}) ? (${replacement}) : (${others}))`);
    report(node, operator, replacement, place.constant ? change && constants.sitesOf(change) : woven);
  }

  function chooseYul(node: Node, operator: string, replacement: string): void {
    const original = slice(node);
    const woven = here(node, (id, others) => yulChoice(original, replacement, id, others));
    report(node, operator, replacement, YUL_EFFECTS.test(original) ? undefined : woven);
  }

  function binary(node: Node, place: Place): void {
    const left = nodeAt(node, "leftExpression");
    const right = nodeAt(node, "rightExpression");
    if (left === undefined || right === undefined) return;
    const operator = textAt(node, "operator");
    for (const other of BINARY[operator] ?? []) {
      const change: Change = (part, valueOf) => (part === node ? computed(node, other, valueOf) : undefined);
      choose(node, `${operator} to ${other}`, `${operand(left)} ${other} ${operand(right)}`, place, change);
    }
  }

  function literal(node: Node, place: Place): void {
    const value = literalValue(node);
    if (value === undefined) return;
    for (const [operator, other] of [
      ["one more", value + 1n],
      ["one less", value - 1n],
    ] as const) {
      if (other < 0n || other >= 1n << 256n) continue;
      const change: Change = (part) => (part === node ? other : undefined);
      const woven = here(node, (id, others) => `(Chosen.on(${id}) ? uint256(${other}) : uint256(${others}))`);
      report(node, operator, String(other), place.constant ? constants.sitesOf(change) : woven);
    }
  }

  function statement(node: Node): void {
    const call = nodeAt(node, "expression");
    const called = call === undefined ? undefined : nodeAt(call, "expression");
    if (call?.nodeType !== "FunctionCall" || called === undefined || textAt(called, "name") !== "require") return;
    const woven = here(node, (id, others) => `if (!Chosen.on(${id})) ${others}`);
    report(node, "drop check", "{}", woven);
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
        if (reach?.has(node["id"]) === false) return;
        within = textAt(node, "name");
        for (const child of childrenOf(node)) visit(child, place);
        within = "";
        return;
      case "ArrayTypeName":
        return;
      case "VariableDeclaration":
        if (!isConstant(node)) break;
        if (reach?.has(node["id"]) === false) return;
        place = { constant: true };
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
        const woven = here(node, (id, others) => `if (Chosen.on(${id})) ${changed}; else ${others}`);
        report(node, `${textAt(node, "operator")} to ${other}`, changed, woven);
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
