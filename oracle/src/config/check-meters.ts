import type { Config, Meaning, MeterConfig } from "./schema.ts";

/** Meanings by which a meter is billed. The others are kept for information. */
export const BILLING_MEANINGS: readonly Meaning[] = ["importWh", "exportWh", "netWh", "netPowerW"];

/**
 * What no schema can say about the meters: numbers and inputs must be unique, and each meter needs exactly one way of
 * knowing its energy.
 *
 * @returns One line per problem.
 */
export function checkMeters(meters: Config["meters"]): string[] {
  const problems: string[] = [];
  const placeOfMeter = new Map<number, string>();
  const placeOfInput = new Map<string, string>();
  for (const [index, meter] of meters.entries()) {
    const place = `meters[${index}]`;
    const first = placeOfMeter.get(meter.meter);
    if (first !== undefined)
      problems.push(`${place}.meter: ${meter.meter} is already the number of ${first}, expected a number of its own`);
    placeOfMeter.set(meter.meter, place);
    for (const [position, { input }] of meter.inputs.entries()) {
      const inputPlace = `${place}.inputs[${position}].input`;
      const key = `${meter.node}/${input}`;
      const other = placeOfInput.get(key);
      if (other !== undefined)
        problems.push(
          `${inputPlace}: ${JSON.stringify(key)} is already used by ${other}, expected every input at most once`,
        );
      placeOfInput.set(key, inputPlace);
    }
    problems.push(...checkBilling(meter).map((problem) => `${place}${problem}`));
  }
  return problems;
}

function checkBilling(meter: MeterConfig): string[] {
  const problems: string[] = [];
  const count = (meaning: Meaning) => meter.inputs.filter((entry) => entry.meaning === meaning).length;
  const ways = [count("importWh") + count("exportWh") > 0, count("netWh") > 0, count("netPowerW") > 0];
  if (ways.filter(Boolean).length !== 1) {
    problems.push(
      ".inputs: the energy is measured in " +
        `${ways.filter(Boolean).length} ways, expected exactly one of importWh and/or exportWh counters, netWh counters, netPowerW`,
    );
  }
  if (!meter.voltageSensing) {
    problems.push(
      ".voltageSensing: false, expected true: without AC voltage sensing the device measures apparent power without a " +
        "sign; export would be billed as import, and reactive power as energy",
    );
  }
  for (const [position, { input, plus = [], minus = [] }] of meter.inputs.entries()) {
    const parts = [input, ...plus, ...minus];
    const twice = parts.find((part, at) => parts.indexOf(part) !== at);
    if (twice !== undefined)
      problems.push(`.inputs[${position}]: takes ${JSON.stringify(twice)} into account twice, expected it once`);
  }
  for (const meaning of BILLING_MEANINGS) {
    const parts = meter.inputs
      .filter((entry) => entry.meaning === meaning)
      .flatMap(({ input, plus = [], minus = [] }) => [...new Set([input, ...plus, ...minus])]);
    const twice = parts.find((part, at) => parts.indexOf(part) !== at);
    if (twice !== undefined)
      problems.push(`.inputs: ${JSON.stringify(twice)} is billed twice as ${meaning}, expected in one input of it`);
  }
  for (const key of ["openingImportWh", "openingExportWh"] as const) {
    if (meter[key] % meter.unitWh !== 0)
      problems.push(`.${key}: ${meter[key]}, expected a multiple of unitWh, ${meter.unitWh}`);
  }
  return problems;
}
