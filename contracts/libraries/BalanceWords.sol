// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @notice Balances of one holder and meter over sixteen intervals: the day in the highest 16 bits, below it sixteen
/// lanes of 15 bits in meter units, the earliest interval highest. A word whose day is another one holds nothing.
type BalanceWord is uint256;

/// @notice All balances of one holder and meter: 32 days of six words. Word n of all time (interval / 16) lives in
/// slot n % 192, so a slot is taken over by the day 32 days later without being cleared.
struct BalanceRing {
    BalanceWord[192] words;
}

using BalanceWords for BalanceWord global;
using BalanceWords for BalanceRing global;

/// @title BalanceWords
/// @notice Reads and writes the packed ring of balances.
/// @dev No lane ever overflows: a lane's units of all holders together are what one interval of one meter exported,
/// at most 32,767, since a meter-day is minted once. Hence plain addition and subtraction of whole words.
/// Plain twin: contracts/test/twins/PlainRing.sol.
library BalanceWords {
    uint256 private constant DAY_SHIFT = 240;
    uint256 private constant LANE_MASK = 0x7fff;
    uint256 internal constant INTERVALS_PER_WORD = 16;
    uint256 private constant WORDS_PER_DAY = 6;
    uint256 private constant WORDS = 192;

    /// @notice The word an interval lives in, if it belongs to the interval's day; otherwise an empty word of that day.
    /// @param interval Of a day up to 65,535: a later one reads as empty and must not be written.
    function load(BalanceRing storage ring, uint256 interval) internal view returns (BalanceWord word) {
        // Invariant: the slot is one of the ring's 192. A day beyond 16 bits never equals the stored one.
        assembly ("memory-safe") {
            let position := shr(4, interval)
            let day := div(position, WORDS_PER_DAY)
            word := sload(add(ring.slot, mod(position, WORDS)))
            if iszero(eq(shr(DAY_SHIFT, word), day)) {
                word := shl(DAY_SHIFT, day)
            }
        }
    }

    /// @notice Replaces the word an interval lives in.
    function store(BalanceRing storage ring, uint256 interval, BalanceWord word) internal {
        // Invariant: the slot is one of the ring's 192.
        assembly ("memory-safe") {
            sstore(add(ring.slot, mod(shr(4, interval), WORDS)), word)
        }
    }

    /// @notice Key of the ring of one holder and meter.
    function ringKey(address holder, uint32 meter) internal pure returns (uint256) {
        return (uint256(uint160(holder)) << 32) | meter;
    }

    /// @notice A word of `day` with these lanes.
    function compose(uint256 day, uint256 lanes) internal pure returns (BalanceWord) {
        return BalanceWord.wrap((day << DAY_SHIFT) | lanes);
    }

    /// @notice Units of one interval.
    function units(BalanceWord word, uint256 interval) internal pure returns (uint256) {
        return (BalanceWord.unwrap(word) >> shiftOf(interval)) & LANE_MASK;
    }

    /// @notice `amount` units in the lane of an interval, zero elsewhere.
    function lane(uint256 interval, uint256 amount) internal pure returns (uint256) {
        return amount << shiftOf(interval);
    }

    function plus(BalanceWord word, uint256 lanes) internal pure returns (BalanceWord) {
        // Invariant: no lane exceeds 15 bits, see above.
        unchecked {
            return BalanceWord.wrap(BalanceWord.unwrap(word) + lanes);
        }
    }

    function minus(BalanceWord word, uint256 lanes) internal pure returns (BalanceWord) {
        // Invariant: the caller has compared every lane with `units`.
        unchecked {
            return BalanceWord.wrap(BalanceWord.unwrap(word) - lanes);
        }
    }

    /// @notice First interval of the next word.
    function nextWord(uint256 interval) internal pure returns (uint256) {
        return interval - (interval % INTERVALS_PER_WORD) + INTERVALS_PER_WORD;
    }

    function shiftOf(uint256 interval) private pure returns (uint256) {
        // Invariant: interval % 16 <= 15.
        unchecked {
            return 15 * (15 - (interval % INTERVALS_PER_WORD));
        }
    }
}
