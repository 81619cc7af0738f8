/** The contract that the mutants are compiled into. */
export const CONTRACT = { file: "contracts/test/mutants/SettlementCore.sol", name: "SettlementCore" };
/** What runs it so that no call fails. */
export const CAUGHT = { file: "contracts/test/mutants/Caught.sol", name: "Caught" };
/** What calls it from a constructor. */
export const UNBORN = { file: "contracts/test/mutants/Unborn.sol", name: "Unborn" };
/** What chooses among mutants that are compiled together. */
export const CHOOSER = "contracts/test/mutants/Chosen.sol";

const SETTLEMENT = "contracts/libraries/settlement";

/** The code that verifies a settlement: whole files, or of a file what the settlement uses, by name. */
export const TARGETS: readonly { file: string; names?: readonly string[] }[] = [
  { file: `${SETTLEMENT}/AuctionPrices.sol` },
  { file: `${SETTLEMENT}/AuctionTotals.sol` },
  { file: `${SETTLEMENT}/DaySettlement.sol` },
  { file: `${SETTLEMENT}/Lanes.sol` },
  { file: `${SETTLEMENT}/MeterPass.sol` },
  { file: `${SETTLEMENT}/Payments.sol` },
  { file: `${SETTLEMENT}/ProfileBatch.sol` },
  { file: `${SETTLEMENT}/SettlementWords.sol` },
  { file: "contracts/libraries/Quality.sol", names: ["isValid", "hasMissing"] },
  { file: "contracts/libraries/Tariffs.sol", names: ["inForce"] },
  { file: "contracts/libraries/WindowRules.sol", names: ["closesAt", "FORCING_SECONDS"] },
  { file: "contracts/libraries/P256Devices.sol", names: ["addressOf", "isValid"] },
  {
    file: "contracts/libraries/MeterWords.sol",
    names: [
      ...["REGISTER_LIMIT", "importRegister", "exportRegister", "lastDay", "meter", "capUnits", "seat", "balance"],
      ...["isActive", "isSharing", "hasSettingsQueued", "classKey", "classKeyOf", "isPlain", "advance", "settled"],
      // What settings that are due make of a word.
      ...["withSettingsQueued", "withSharing", "withoutSharing"],
    ],
  },
];
