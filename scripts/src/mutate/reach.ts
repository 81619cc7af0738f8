import { childrenOf, type Node, textAt } from "./tree.ts";

/**
 * The functions and constants of these names, and the constants that they are made of, by the compiler's number of their
 * declaration.
 */
export function reachOf(tree: Node, names: readonly string[]): ReadonlySet<unknown> {
  const all = [...within(tree)];
  const constants = new Map(all.filter(isConstant).map((node) => [node["id"], node]));
  const open = all.filter(
    (node) => (node.nodeType === "FunctionDefinition" || isConstant(node)) && names.includes(textAt(node, "name")),
  );
  const found = new Set<unknown>();
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (found.has(node["id"])) continue;
    found.add(node["id"]);
    for (const id of referencesIn(node)) {
      const constant = constants.get(id);
      if (constant !== undefined) open.push(constant);
    }
  }
  return found;
}

/** Whether a node declares a constant. */
export function isConstant(node: Node): boolean {
  return node.nodeType === "VariableDeclaration" && node["constant"] === true;
}

function referencesIn(node: Node): unknown[] {
  return [...within(node)].flatMap((part) => {
    // Assembly lists what it refers to outside itself.
    const outside = part["externalReferences"];
    if (Array.isArray(outside)) return outside.map((of: { declaration: unknown }) => of.declaration);
    return [part["referencedDeclaration"]];
  });
}

function* within(node: Node): Generator<Node> {
  yield node;
  for (const child of childrenOf(node)) yield* within(child);
}
