/** A node of the compiler's syntax tree, Solidity or Yul. */
export type Node = { nodeType: string; src: string } & Record<string, unknown>;

/** Whether a value of the tree is a node. */
export function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "nodeType" in value && "src" in value;
}

/** The children of a node, whatever field or list they are in. */
export function childrenOf(node: Node): Node[] {
  return Object.values(node).flatMap((value) => {
    if (isNode(value)) return [value];
    return Array.isArray(value) ? value.filter(isNode) : [];
  });
}

/** The node in a field, if there is one. */
export function nodeAt(node: Node, field: string): Node | undefined {
  const value = node[field];
  return isNode(value) ? value : undefined;
}

/** The nodes in a list. */
export function nodesAt(node: Node, field: string): Node[] {
  const value = node[field];
  return Array.isArray(value) ? value.filter(isNode) : [];
}

/** The text in a field; empty if there is none. */
export function textAt(node: Node, field: string): string {
  const value = node[field];
  return typeof value === "string" ? value : "";
}

/** Byte offset and length of a node. */
export function rangeOf({ src }: Node): { start: number; length: number } {
  const [start, length] = src.split(":").map(Number);
  if (start === undefined || length === undefined) throw new Error(`"${src}" is no source range such as 10:3:0.`);
  return { start, length };
}
