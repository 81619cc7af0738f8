import type { Finding, Proposal } from "./propose.ts";

/** A proposal in lines for a person: what was heard, what is to decide, and what to put into the config. */
export function showProposal({ meters, nodes, findings, remarks }: Proposal): string {
  const proposed = { ...(nodes.length === 0 ? {} : { nodes }), meters };
  return [
    findings.length === 0 ? "No node was heard." : `${findings.length} nodes were heard:`,
    ...findings.flatMap(showFinding),
    ...(remarks.length === 0 ? [] : ["", "Note:", ...remarks.map((remark) => `  - ${remark}`)]),
    "",
    ...(meters.length + nodes.length === 0
      ? ["There is nothing to propose."]
      : ["For the config, once the notes are settled:", JSON.stringify(proposed, undefined, 2)]),
  ].join("\n");
}

function showFinding({ node, sources, messages, inputs, known, remarks }: Finding): string[] {
  const from = sources.length === 0 ? "" : ` from ${sources.join(", ")}`;
  return [
    "",
    `${node}: ${messages} messages${from}${known ? ", in the config already" : ""}`,
    ...inputs
      .filter(({ kind }) => kind !== "other")
      .map(({ input, kind, last }) => `  ${input} = ${last} (${KINDS[kind]})`),
    ...remarks.map((remark) => `  - ${remark}`),
  ];
}

const KINDS: Record<Finding["inputs"][number]["kind"], string> = {
  counter: "counter that only rose",
  netCounter: "net counter: it fell, or is below 0",
  power: "power",
  wrongUnit: "looks like kWh",
  other: "neither energy nor power",
};
