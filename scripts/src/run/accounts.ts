import type { HDAccount } from "viem";
import { mnemonicToAccount } from "viem/accounts";

/** The mnemonic that every local Ethereum chain knows. Its keys are public: never fund them anywhere else. */
export const DEV_MNEMONIC = "test test test test test test test test test test test junk";

/** Account 0 deploys and governs; then one account per home. */
const FIRST_HOME_ACCOUNT = 1;

/** How many accounts of the mnemonic a run with so many homes needs. */
export function accountsFor(homes: number): number {
  return FIRST_HOME_ACCOUNT + homes;
}

/** The account that deploys the contracts and governs the neighbourhood. */
export function governorAccount(): HDAccount {
  return mnemonicToAccount(DEV_MNEMONIC, { addressIndex: 0 });
}

/** The wallet of a home. @param home - Position in the street, from 0. */
export function homeAccount(home: number): HDAccount {
  return mnemonicToAccount(DEV_MNEMONIC, { addressIndex: FIRST_HOME_ACCOUNT + home });
}
