import { readdirSync, readFileSync } from "node:fs";

const contracts = new URL("../../contracts/", import.meta.url);

/**
 * All text of the contracts' interfaces and types, with comment marks and line breaks taken out: what the NatSpec says is
 * signed, and what the structs hold.
 */
export function solidityText(): string {
  const files = ["interfaces/", "types/"].flatMap((folder) =>
    readdirSync(new URL(folder, contracts)).map((name) => new URL(`${folder}${name}`, contracts)),
  );
  return files.map((file) => readFileSync(file, "utf8").replaceAll("///", " ").replace(/\s+/gu, " ")).join("\n");
}

/** Fields of a struct as `type name`, in order. */
export function structFields(name: string): string[] {
  const body = new RegExp(`struct ${name} \\{([\\s\\S]*?)\\}`, "u").exec(sourceOfTypes())?.[1] ?? "";
  return body
    .split("\n")
    .map((line) => line.replace(/;.*/u, "").trim())
    .filter((line) => line !== "" && !line.startsWith("//"));
}

function sourceOfTypes(): string {
  const folder = new URL("types/", contracts);
  return readdirSync(folder)
    .map((name) => readFileSync(new URL(name, folder), "utf8"))
    .join("\n");
}
