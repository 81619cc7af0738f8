// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @notice Balances of one holder and meter over sixteen intervals.
///
/// | bits    | width | lane         | meaning                                                                          |
/// | ------- | ----- | ------------ | -------------------------------------------------------------------------------- |
/// | 0-239   | 240   | units        | sixteen lanes of 15 bits, meter units, the earliest interval highest             |
/// | 240-241 | 2     | unitExponent | one unit is 10^exponent Wh, so that a transfer need not ask for the meter        |
/// | 242     | 1     | issued       | minted to this holder, who therefore owns the meter                              |
/// | 243-255 | 13    | turn         | day / 32; the day's remainder is the word's place in the ring                    |
///
/// A word of another turn holds nothing. No live word is zero: the first turn ended in February 1970.
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
    uint256 internal constant INTERVALS_PER_WORD = 16;
    uint256 internal constant WORDS_PER_DAY = 6;

    uint256 private constant EXPONENT_SHIFT = 240;
    uint256 private constant ISSUED = 1 << 242;
    uint256 private constant TURN_SHIFT = 243;
    uint256 private constant LANE_MASK = 0x7fff;
    uint256 private constant WORDS = 192;
    /// @dev Intervals of 32 days.
    uint256 private constant INTERVALS_PER_TURN = 3_072;

    /// @notice The word an interval lives in, if it is of the interval's day; otherwise zero.
    function load(BalanceRing storage ring, uint256 interval) internal view returns (BalanceWord word) {
        // Invariant: the slot is one of the ring's 192. A turn beyond 13 bits never equals the stored one.
        assembly ("memory-safe") {
            word := sload(add(ring.slot, mod(shr(4, interval), WORDS)))
            word := mul(word, eq(shr(TURN_SHIFT, word), div(interval, INTERVALS_PER_TURN)))
        }
    }

    /// @notice Replaces the word an interval lives in.
    function store(BalanceRing storage ring, uint256 interval, BalanceWord word) internal {
        // Invariant: the slot is one of the ring's 192.
        assembly ("memory-safe") {
            sstore(add(ring.slot, mod(shr(4, interval), WORDS)), word)
        }
    }

    /// @notice Adds lanes taken from the word `source` of another holder, or of the same.
    function give(BalanceRing storage ring, uint256 interval, BalanceWord source, uint256 lanes) internal {
        uint256 word = BalanceWord.unwrap(load(ring, interval));
        // A word that begins has day and unit of its source, but was not minted here.
        if (word == 0) word = ((BalanceWord.unwrap(source) >> EXPONENT_SHIFT) << EXPONENT_SHIFT) & ~ISSUED;
        // Invariant: no lane exceeds 15 bits, see above.
        unchecked {
            store(ring, interval, BalanceWord.wrap(word + lanes));
        }
    }

    /// @notice Key of the ring of one holder and meter.
    function ringKey(address holder, uint32 meter) internal pure returns (uint256) {
        return (uint256(uint160(holder)) << 32) | meter;
    }

    /// @notice A word as it is minted.
    /// @param interval Any interval of the word, of a day up to 65,535.
    function mint(uint256 interval, uint256 exponent, uint256 lanes) internal pure returns (BalanceWord) {
        uint256 turn = interval / INTERVALS_PER_TURN;
        return BalanceWord.wrap((turn << TURN_SHIFT) | ISSUED | (exponent << EXPONENT_SHIFT) | lanes);
    }

    function minus(BalanceWord word, uint256 lanes) internal pure returns (BalanceWord) {
        // Invariant: the caller has compared every lane with `units`.
        unchecked {
            return BalanceWord.wrap(BalanceWord.unwrap(word) - lanes);
        }
    }

    /// @notice Units of one interval.
    function units(BalanceWord word, uint256 interval) internal pure returns (uint256) {
        return (BalanceWord.unwrap(word) >> _shiftOf(interval)) & LANE_MASK;
    }

    /// @notice Wh per unit; 1 for a zero word.
    function unitWh(BalanceWord word) internal pure returns (uint256) {
        // Invariant: at most 10^3.
        unchecked {
            return 10 ** ((BalanceWord.unwrap(word) >> EXPONENT_SHIFT) & 3);
        }
    }

    /// @notice Whether the holder owns the meter.
    function isIssued(BalanceWord word) internal pure returns (bool) {
        return BalanceWord.unwrap(word) & ISSUED != 0;
    }

    /// @notice `amount` units in the lane of an interval, zero elsewhere.
    function lane(uint256 interval, uint256 amount) internal pure returns (uint256) {
        return amount << _shiftOf(interval);
    }

    /// @notice First interval of the next word.
    function nextWord(uint256 interval) internal pure returns (uint256) {
        return interval - (interval % INTERVALS_PER_WORD) + INTERVALS_PER_WORD;
    }

    function _shiftOf(uint256 interval) private pure returns (uint256) {
        // Invariant: interval % 16 <= 15.
        unchecked {
            return 15 * (15 - (interval % INTERVALS_PER_WORD));
        }
    }
}
