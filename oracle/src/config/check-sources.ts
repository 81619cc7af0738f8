import type { NodeConfig, SerialConfig } from "./schema.ts";

/**
 * What no schema can say about serial lines and nodes: what must be given with what, and what only once.
 *
 * @returns One line per problem.
 */
export function checkSources(serial: readonly SerialConfig[], nodes: readonly NodeConfig[]): string[] {
  return [...checkSerial(serial), ...checkNodes(nodes)];
}

function checkSerial(serial: readonly SerialConfig[]): string[] {
  const problems: string[] = [];
  const paths = new Set<string>();
  for (const [index, { path, format, node }] of serial.entries()) {
    const place = `serial[${index}]`;
    const needsNode = format === "text" || format === "p1";
    if (needsNode && node === undefined)
      problems.push(`${place}.node: missing, expected the node that the format ${format} belongs to`);
    if (!needsNode && node !== undefined)
      problems.push(`${place}.node: ${JSON.stringify(node)}, expected none: radio frames carry their own, see nodes`);
    if (paths.has(path)) problems.push(`${place}.path: ${JSON.stringify(path)} is there twice, expected it once`);
    paths.add(path);
  }
  return problems;
}

function checkNodes(nodes: readonly NodeConfig[]): string[] {
  const problems: string[] = [];
  const ids = new Set<number>();
  const nodeNames = new Set<string>();
  for (const [index, { id, name, names, codes, scales }] of nodes.entries()) {
    const place = `nodes[${index}]`;
    if (id !== undefined && ids.has(id)) problems.push(`${place}.id: ${id} is there twice, expected it once`);
    if (id !== undefined) ids.add(id);
    if (nodeNames.has(name)) problems.push(`${place}.name: ${JSON.stringify(name)} is there twice, expected it once`);
    nodeNames.add(name);
    const twice = names.find((entry, at) => names.indexOf(entry) !== at);
    if (twice !== undefined) problems.push(`${place}.names: ${JSON.stringify(twice)} is there twice, expected it once`);
    for (const [key, list] of [
      ["codes", codes],
      ["scales", scales],
    ] as const) {
      if (Array.isArray(list) && list.length !== names.length)
        problems.push(
          `${place}.${key}: ${list.length} of them, expected one for all or ${names.length}, one for each name`,
        );
    }
  }
  return problems;
}
