/** The contract that the mutants are compiled into. */
export const CONTRACT = { file: "contracts/test/mutants/SettlementCore.sol", name: "SettlementCore" };
/** What chooses among mutants that are compiled together. */
export const CHOOSER = "contracts/test/mutants/Chosen.sol";

const SETTLEMENT = "contracts/libraries/settlement";

/** The code that verifies a settlement: whole files, or of a file the functions that the settlement calls. */
export const TARGETS: readonly { file: string; functions?: readonly string[] }[] = [
  { file: `${SETTLEMENT}/AuctionPrices.sol` },
  { file: `${SETTLEMENT}/AuctionTotals.sol` },
  { file: `${SETTLEMENT}/DaySettlement.sol` },
  { file: `${SETTLEMENT}/Lanes.sol` },
  { file: `${SETTLEMENT}/MeterPass.sol` },
  { file: `${SETTLEMENT}/Payments.sol` },
  { file: `${SETTLEMENT}/ProfileBatch.sol` },
  { file: `${SETTLEMENT}/SettlementWords.sol` },
  { file: "contracts/libraries/Quality.sol" },
  { file: "contracts/libraries/Tariffs.sol", functions: ["inForce"] },
  { file: "contracts/libraries/WindowRules.sol", functions: ["closesAt"] },
  { file: "contracts/libraries/P256Devices.sol", functions: ["addressOf", "isValid"] },
  {
    file: "contracts/libraries/MeterWords.sol",
    functions: ["classKey", "classKeyOf", "isPlain", "advance", "settled", "isActive", "isSharing", "lastDay", "seat"],
  },
];
