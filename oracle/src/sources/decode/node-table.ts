import type { NodeConfig } from "../../config/schema.ts";

/** What a node's values are called and how they are put into bytes. */
export type NodeDefinition = {
  name: string;
  /** One for each value, in their order. */
  fields: readonly { name: string; code: FieldCode; scale: number }[];
};
export type FieldCode = "b" | "B" | "h" | "H" | "i" | "I" | "l" | "L" | "q" | "Q" | "f" | "d";

/** Looks up the nodes of the config by number (radio frames, legacy topics) or by name (CSV). */
export type NodeTable = {
  byId(id: number): NodeDefinition | undefined;
  byName(name: string): NodeDefinition | undefined;
};

export function createNodeTable(nodes: readonly NodeConfig[]): NodeTable {
  const ids = new Map<number, NodeDefinition>();
  const names = new Map<string, NodeDefinition>();
  for (const { id, name, names: fieldNames, codes, scales } of nodes) {
    const fields = fieldNames.map((field, index) => ({
      name: field,
      code: typeof codes === "string" ? codes : (codes[index] ?? "h"),
      scale: typeof scales === "number" ? scales : (scales[index] ?? 1),
    }));
    const definition = { name, fields };
    if (id !== undefined) ids.set(id, definition);
    names.set(name, definition);
  }
  return { byId: (id) => ids.get(id), byName: (name) => names.get(name) };
}
