import { z } from "zod";

/** The part of a JSON Schema that zod makes of the config's. */
type Shape = {
  type?: string;
  description?: string;
  default?: unknown;
  const?: unknown;
  enum?: readonly unknown[];
  minimum?: number;
  maximum?: number;
  minItems?: number;
  maxItems?: number;
  format?: string;
  properties?: Record<string, Shape>;
  required?: readonly string[];
  items?: Shape;
  oneOf?: readonly Shape[];
  anyOf?: readonly Shape[];
};

/** How the end of a setting's name says what its number counts. */
const UNITS: readonly (readonly [RegExp, string])[] = [
  [/milliseconds$/iu, "milliseconds"],
  [/seconds$/iu, "seconds"],
  [/minutes$/iu, "minutes"],
  [/hours$/iu, "hours"],
  [/days$/iu, "days"],
  [/watts$/iu, "W"],
  [/Wh$/u, "Wh"],
  [/gwei$/iu, "gwei"],
  [/megabytes$/iu, "MB"],
  [/bytes$/iu, "bytes"],
  [/blocks$/iu, "blocks"],
  [/percent$/iu, "%"],
  [/perMinute$/iu, "a minute"],
];

const HEAD = `# Settings of the oracle

The configuration is one JSON file. [oracle/config.example.json](../oracle/config.example.json) has every section;
relative paths in it start at the file's own folder. \`check --config FILE\` says what a file means, and what is wrong with it: an
unknown key is refused, not ignored. A setting with a default may be left out.

This page is made from the schema in \`oracle/src/config\` by \`npm run docs:config\`; a test notices when it is stale.
`;

/**
 * The reference page of a config, in Markdown: for each setting its kind, bounds, unit, default, an example where it has no
 * default, and what it means.
 *
 * @param schema - An object; the text of a setting is its description.
 * @param example - A config that the schema accepts; the examples come from it.
 * @throws TypeError naming the settings without a description.
 */
export function configReference(schema: z.ZodType, example: unknown): string {
  const shape = z.toJSONSchema(schema, { io: "input" }) as Shape;
  const undescribed: string[] = [];
  const sections = sectionsOf("", shape, example, undescribed);
  if (undescribed.length > 0) {
    throw new TypeError(`Settings without a description, expected .describe() on each: ${undescribed.join(", ")}`);
  }
  return `${HEAD}\n${sections.join("\n")}`;
}

/** A section for the object's own settings, then one for each object inside. */
function sectionsOf(place: string, shape: Shape, example: unknown, undescribed: string[]): string[] {
  const required = new Set(shape.required ?? []);
  const own: string[] = [];
  const inner: string[] = [];
  for (const [key, field] of Object.entries(shape.properties ?? {})) {
    const at = place === "" ? key : `${place}.${key}`;
    const shown = valueOf(example, key);
    if (field.description === undefined) undescribed.push(at);
    own.push(line(key, field, required.has(key), shown));
    const element = field.items;
    if (field.properties !== undefined) inner.push(...sectionsOf(at, field, shown, undescribed));
    else if (field.oneOf !== undefined) inner.push(...choices(at, field.oneOf, shown, undescribed));
    else if (element?.properties !== undefined) {
      inner.push(...sectionsOf(`${at}[]`, element, firstOf(shown), undescribed));
    }
  }
  const heading = place === "" ? "## The file" : `## \`${place}\``;
  return [`${heading}\n\n${own.join("\n")}\n`, ...inner];
}

function choices(place: string, options: readonly Shape[], example: unknown, undescribed: string[]): string[] {
  return options.flatMap((option) => {
    const kind = option.properties?.["kind"]?.const;
    const shown = valueOf(example, "kind") === kind ? example : undefined;
    const [first = "", ...more] = sectionsOf(place, option, shown, undescribed);
    return [first.replace(`## \`${place}\``, `## \`${place}\` of the kind \`${String(kind)}\``), ...more];
  });
}

function line(key: string, field: Shape, isRequired: boolean, example: unknown): string {
  const facts = [`${kindOf(field)}${boundsOf(field)}${unitOf(key, field)}`, standing(field, isRequired)];
  const inline = isPlain(field) && field.default === undefined && field.const === undefined && example !== undefined;
  if (inline) facts.push(`for example ${code(example)}`);
  return `- \`${key}\` (${facts.join("; ")}). ${field.description ?? ""}.`;
}

function kindOf(field: Shape): string {
  if (field.const !== undefined) return code(field.const);
  if (field.enum !== undefined) return field.enum.map(code).join(", ");
  if (field.oneOf !== undefined) {
    return `section, ${field.oneOf.map(({ properties }) => code(properties?.["kind"]?.const)).join(" or ")}`;
  }
  if (field.anyOf !== undefined) return field.anyOf.map(kindOf).join(" or ");
  if (field.type === "array") {
    return field.items?.properties === undefined ? `list of: ${kindOf(field.items ?? {})}` : "list of sections";
  }
  if (field.type === "object") return field.properties === undefined ? "names and values" : "section";
  if (field.type === "integer") return "whole number";
  if (field.type === "boolean") return "`true` or `false`";
  if (field.type === "string") return field.format === "uri" ? "URL" : "text";
  return field.type ?? "value";
}

function boundsOf({ minimum, maximum, minItems, maxItems }: Shape): string {
  if (minItems !== undefined && maxItems !== undefined) return `, ${minItems} to ${maxItems} of them`;
  if (maxItems !== undefined) return `, at most ${maxItems}`;
  // The largest numbers that are whole at all are no bound worth telling.
  const most = maximum === Number.MAX_SAFE_INTEGER ? undefined : maximum;
  if (minimum !== undefined && most !== undefined) return ` from ${minimum} to ${most}`;
  if (minimum !== undefined && minimum !== -Number.MAX_SAFE_INTEGER) return `, at least ${minimum}`;
  return most === undefined ? "" : `, at most ${most}`;
}

function unitOf(key: string, { type }: Shape): string {
  if (type !== "integer" && type !== "number") return "";
  const unit = UNITS.find(([name]) => name.test(key))?.[1];
  return unit === undefined ? "" : unit === "a minute" ? " a minute" : `, in ${unit}`;
}

function standing(field: Shape, isRequired: boolean): string {
  if (isRequired) return "required";
  if (field.default === undefined) return "may be left out";
  const isSection = field.properties !== undefined && Object.keys(field.default as object).length === 0;
  return isSection ? "has defaults" : `default ${code(field.default)}`;
}

const isPlain = ({ properties, items, oneOf }: Shape) =>
  properties === undefined && items?.properties === undefined && oneOf === undefined;

const code = (value: unknown) => `\`${JSON.stringify(value)}\``;

function firstOf(value: unknown): unknown {
  return Array.isArray(value) ? (value as unknown[]).find((one) => one !== undefined) : undefined;
}

function valueOf(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[key] : undefined;
}
