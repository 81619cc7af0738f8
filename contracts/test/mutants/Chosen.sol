// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @notice Which mutant a call runs: many are compiled into one contract, and the last word of the input chooses.
library Chosen {
    function on(uint256 id) internal pure returns (bool chosen) {
        assembly ("memory-safe") {
            chosen := eq(calldataload(sub(calldatasize(), 32)), id)
        }
    }
}
