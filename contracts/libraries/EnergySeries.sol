// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title EnergySeries
/// @notice Energies of contiguous intervals in calldata.
/// @dev Plain twin: contracts/test/twins/PlainEnergySeries.sol.
library EnergySeries {
    /// @notice Sum of a series.
    /// @return energyWh Below 2^64; a word beyond 32 bits reverts, as Solidity's own reading does.
    function sum(uint32[] calldata series) internal pure returns (uint256 energyWh) {
        // Invariant: calldata holds far fewer than 2^32 words, so the sum stays below 2^64. `all` collects every bit
        // that is set in any word.
        assembly ("memory-safe") {
            let all := 0
            let end := add(series.offset, shl(5, series.length))
            for {
                let position := series.offset
            } lt(position, end) {
                position := add(position, 32)
            } {
                let word := calldataload(position)
                all := or(all, word)
                energyWh := add(energyWh, word)
            }
            if shr(32, all) {
                revert(0, 0)
            }
        }
    }
}
