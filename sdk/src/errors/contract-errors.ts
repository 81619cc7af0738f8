import { type Abi, type AbiParameter, BaseError, decodeErrorResult, type Hex } from "viem";

import { CommonwattError } from "../commonwatt-error.ts";
import { demoEuroAbi, deviceRegistryAbi, energyTokenAbi, marketplaceAbi, neighbourhoodAbi } from "../generated/abis.ts";
import { ErrorValues, type Explanations, type ErrorUnits } from "./error-values.ts";
import { energyTokenErrors, marketplaceErrors, sharedErrors } from "./market-errors.ts";
import { profileErrors, registrationErrors, retirementErrors } from "./neighbourhood-errors.ts";
import { accountErrors, settlementErrors, sharingErrors, windowErrors } from "./sharing-errors.ts";
import { foundationErrors, standardErrorsAbi, tokenStandardErrors } from "./standard-errors.ts";

/** Every custom error that a call to the project's contracts can end with. */
export const contractErrorsAbi: Abi = [
  ...neighbourhoodAbi,
  ...energyTokenAbi,
  ...marketplaceAbi,
  ...deviceRegistryAbi,
  ...demoEuroAbi,
  ...standardErrorsAbi,
].filter(({ type }) => type === "error");

/** The explanation of each, by its name. */
export const explanations: Explanations = {
  ...registrationErrors,
  ...profileErrors,
  ...retirementErrors,
  ...accountErrors,
  ...sharingErrors,
  ...windowErrors,
  ...settlementErrors,
  ...marketplaceErrors,
  ...sharedErrors,
  ...energyTokenErrors,
  ...tokenStandardErrors,
  ...foundationErrors,
};

/**
 * Says in one plain sentence why a contract refused.
 *
 * @param data - What the call reverted with: selector and arguments.
 */
export function explainRevertData(data: Hex, units: ErrorUnits = {}): string {
  if (data === "0x") return "The contract refused without giving a reason.";
  const decoded = decode(data);
  if (decoded === undefined) {
    return `The contract refused for a reason that is not known here (${data.slice(0, 10)}).`;
  }
  const { name, inputs, args } = decoded;
  if (name === "Error") return `The contract refused: ${String(args[0])}.`;
  if (name === "Panic") return `The contract failed with internal error ${String(args[0])}. Please report this.`;
  const values = new Map(inputs.map((input, index) => [input.name ?? "", args[index]]));
  try {
    const explanation = explanations[name];
    if (explanation !== undefined) return explanation(new ErrorValues(values, units));
  } catch (error) {
    // A value outside what people's units can show, such as a day beyond the calendar: told as it is, below.
    if (!(error instanceof CommonwattError)) throw error;
  }
  const told = [...values].map(([key, value]) => `${key} ${String(value)}`).join(", ");
  return told === "" ? `The contract refused: ${name}.` : `The contract refused: ${name} (${told}).`;
}

type DecodedError = { name: string; inputs: readonly AbiParameter[]; args: readonly unknown[] };

function decode(data: Hex): DecodedError | undefined {
  try {
    const { errorName, args, abiItem } = decodeErrorResult({ abi: contractErrorsAbi, data });
    return { name: errorName, inputs: "inputs" in abiItem ? abiItem.inputs : [], args: args ?? [] };
  } catch (error) {
    if (error instanceof BaseError) return undefined;
    throw error;
  }
}
