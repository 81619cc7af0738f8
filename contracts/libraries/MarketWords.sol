// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @notice What every fill reads, in one storage word.
///
/// | bits   | width | lane         | meaning                                                                       |
/// | ------ | ----- | ------------ | ----------------------------------------------------------------------------- |
/// | 0-15   | 16    | ticks        | network charge before `effectiveDay`                                          |
/// | 16-31  | 16    | nextTicks    | network charge from `effectiveDay` on                                         |
/// | 32-63  | 32    | effectiveDay | a day                                                                         |
/// | 64-255 | 192   | cancellers   | a set of sellers who ever cancelled anything, one bit per address modulo 192  |
///
/// A seller whose bit is clear has never cancelled, so nothing needs to be looked up. A bit that is set, by this seller or
/// by another with the same remainder, only says that the seller's own state has the answer.
type MarketWord is uint256;

using MarketWords for MarketWord global;

/// @title MarketWords
/// @notice Reads and writes the lanes of a `MarketWord`.
library MarketWords {
    uint256 private constant NEXT_SHIFT = 16;
    uint256 private constant DAY_SHIFT = 32;
    uint256 private constant CANCELLERS_SHIFT = 64;
    uint256 private constant CANCELLERS = 192;

    /// @notice The network charge in force on a day.
    function chargeTicks(MarketWord word, uint256 day) internal pure returns (uint16) {
        uint256 lanes = MarketWord.unwrap(word);
        return day >= uint32(lanes >> DAY_SHIFT) ? uint16(lanes >> NEXT_SHIFT) : uint16(lanes);
    }

    /// @notice The word with another charge in force from `effectiveDay` on, and `ticks` until then.
    function withCharge(
        MarketWord word,
        uint16 ticks,
        uint16 nextTicks,
        uint32 effectiveDay
    ) internal pure returns (MarketWord) {
        uint256 cancellers = (MarketWord.unwrap(word) >> CANCELLERS_SHIFT) << CANCELLERS_SHIFT;
        return
            MarketWord.wrap(
                cancellers | (uint256(effectiveDay) << DAY_SHIFT) | (uint256(nextTicks) << NEXT_SHIFT) | ticks
            );
    }

    /// @notice False only for a seller who has never cancelled anything.
    function mayHaveCancelled(MarketWord word, address seller) internal pure returns (bool) {
        return MarketWord.unwrap(word) & _bit(seller) != 0;
    }

    function withCanceller(MarketWord word, address seller) internal pure returns (MarketWord) {
        return MarketWord.wrap(MarketWord.unwrap(word) | _bit(seller));
    }

    function _bit(address seller) private pure returns (uint256) {
        return 1 << (CANCELLERS_SHIFT + (uint256(uint160(seller)) % CANCELLERS));
    }
}
