// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Lanes} from "./Lanes.sol";

/// @notice The claims of a day, unpacked.
struct DayPrices {
    uint256[] words; // 16 per word of eight intervals, see `AuctionPrices`
    uint256 traded; // bit per word of eight intervals: any of them has trade
    uint256 spread; // bit per word of eight intervals: low and high differ in any of them
}

/// @notice One class of orders: what it pays and gets per unit of energy, and what it imports and exports.
struct ClassLanes {
    uint256[] words; // 6 per word of eight intervals, see `AuctionPrices`
    uint256 active; // bit per word of eight intervals: the class buys or sells in any of them
}

/// @title AuctionPrices
/// @notice Turns the claimed prices of a day into price vectors: ticks x 2^30 per interval, for one class of orders.
/// @dev A word of the day profile holds eight intervals. Prices to compare totals with lie in eight 32-bit lanes, earliest
/// highest. Prices to multiply with lie in four 64-bit lanes, the even intervals apart from the odd ones, as one shift and
/// mask leaves the energies; but earliest lowest, so that the highest lane of the product of a word of energies and a word
/// of prices is the sum of the four products. See `MeterPass`.
///
/// Words of a day, each of eight intervals:     Words of a class, each of eight intervals:
/// 0x000 low                                    0x00 sell, even
/// 0x020 high                                   0x20 sell, odd
/// 0x040 low + charge                           0x40 buy, even
/// 0x060 high + charge                          0x60 buy, odd
/// 0x080 low, even                              0x80 imports, meter units, 32-bit lanes
/// 0x0a0 high + charge, even                    0xa0 exports, as the imports
/// 0x0c0 price to sellers better than `low`
/// 0x0e0 price to sellers at `low`
/// 0x100 price to buyers better than `high`
/// 0x120 price to buyers at `high`
/// 0x140 and on: the same six, odd
///
/// Plain twin: contracts/test/twins/PlainAuction.sol.
library AuctionPrices {
    /// @notice Words of eight intervals in a day.
    uint256 internal constant WORDS = 12;
    /// @notice Bytes of the claimed prices.
    uint256 internal constant PRICES_LENGTH = 384;
    /// @notice Bytes of the claimed effective prices.
    uint256 internal constant EFFECTIVE_LENGTH = 768;
    /// @notice Effective prices are ticks x 2^30: the most of which the sum of four products fits a lane.
    uint256 internal constant SCALE_BITS = 30;

    uint256 private constant DAY_WORDS = 16;
    uint256 private constant CLASS_WORDS = 6;
    uint256 private constant LOW_16_PER_32 = 0x0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff;
    uint256 private constant LOW_16_PER_64 = 0x000000000000ffff000000000000ffff000000000000ffff000000000000ffff;
    uint256 private constant ONES_64 = 0x0000000000000001000000000000000100000000000000010000000000000001;
    uint256 private constant TOPS_64 = 0x8000000000000000800000000000000080000000000000008000000000000000;
    uint256 private constant LANE_0 = 0xffffffffffffffff;
    uint256 private constant LANE_1 = 0xffffffffffffffff0000000000000000;
    uint256 private constant LANE_2 = 0xffffffffffffffff00000000000000000000000000000000;

    /// @notice Unpacks the claims of a day.
    /// @param prices `PRICES_LENGTH` bytes.
    /// @param effective `EFFECTIVE_LENGTH` bytes.
    /// @param chargeTicks A `uint16`.
    function unpack(
        bytes calldata prices,
        uint256 sides,
        bytes calldata effective,
        uint256 chargeTicks
    ) internal pure returns (DayPrices memory day) {
        day.words = new uint256[](WORDS * DAY_WORDS);
        uint256 at = _dataOf(day.words);
        uint256 charges = Lanes.spread32(chargeTicks);
        unchecked {
            for (uint256 k = 0; k < WORDS; ++k) {
                uint256 word = _wordOf(prices, k);
                uint256 low = (word >> 16) & LOW_16_PER_32;
                uint256 high = word & LOW_16_PER_32;
                if (low != high) day.spread |= 1 << k;
                _put(at, low);
                _put(at + 0x20, high);
                _put(at + 0x40, low + charges);
                _put(at + 0x60, high + charges);

                uint256 pairs = (sides >> (16 * k)) & 0xffff;
                if (pairs != 0) {
                    day.traded |= 1 << k;
                    uint256 first = _wordOf(effective, 2 * k);
                    uint256 second = _wordOf(effective, 2 * k + 1);
                    // Of a word of four intervals, the even ones are its lanes 3 and 1, the odd ones 2 and 0.
                    _unpackFour(
                        at + 0x80,
                        word >> 32,
                        pairs,
                        ((second & LANE_1) << 128) | ((second >> 192) << 128) | (first & LANE_1) | (first >> 192),
                        chargeTicks
                    );
                    _unpackFour(
                        at + 0x140,
                        word,
                        pairs >> 2,
                        (second << 192) | (second & LANE_2) | ((first & LANE_0) << 64) | ((first >> 128) & LANE_0),
                        chargeTicks
                    );
                }
                at += DAY_WORDS * 0x20;
            }
        }
    }

    /// @notice Memory for one class after the other.
    function room() internal pure returns (ClassLanes memory class) {
        class.words = new uint256[](WORDS * CLASS_WORDS);
    }

    /// @notice Sets the price vectors of a class: sellers asking less than `low` get the price, those asking exactly it the
    /// price or their share, others nothing; buyers bidding more than `high` + charge, exactly it, or less, likewise.
    /// @param askTicks A `uint16`.
    /// @param bidTicks A `uint16`.
    function setClass(ClassLanes memory class, DayPrices memory day, uint256 askTicks, uint256 bidTicks) internal pure {
        uint256 asks = Lanes.spread64(askTicks);
        uint256 bids = Lanes.spread64(bidTicks);
        uint256 traded = day.traded;
        uint256 from = _dataOf(day.words) + 0x80;
        uint256 to = _dataOf(class.words);
        uint256 active = 0;
        // Invariant: comparisons as in `Lanes`, flags `at` and `better` turned into masks; words without trade hold zeros
        // from the start, whatever the class.
        assembly ("memory-safe") {
            for {
                let bit := 1
            } iszero(gt(bit, traded)) {
                bit := shl(1, bit)
                from := add(from, 0x200)
                to := add(to, 0xc0)
            } {
                if iszero(and(traded, bit)) {
                    continue
                }
                let any := 0
                // Even intervals first, then odd ones.
                for {
                    let parity := 0
                } lt(parity, 0x40) {
                    parity := add(parity, 0x20)
                } {
                    let source := add(from, mul(parity, 6))
                    let target := add(to, parity)

                    let limit := or(mload(source), TOPS_64)
                    let better := shr(63, and(sub(limit, add(asks, ONES_64)), TOPS_64))
                    let at := xor(shr(63, and(sub(limit, asks), TOPS_64)), better)
                    let price := or(
                        and(mload(add(source, 0x40)), sub(shl(64, better), better)),
                        and(mload(add(source, 0x60)), sub(shl(64, at), at))
                    )
                    mstore(target, price)
                    any := or(any, price)

                    limit := mload(add(source, 0x20))
                    better := shr(63, and(sub(or(bids, TOPS_64), add(limit, ONES_64)), TOPS_64))
                    at := xor(shr(63, and(sub(or(bids, TOPS_64), limit), TOPS_64)), better)
                    price := or(
                        and(mload(add(source, 0x80)), sub(shl(64, better), better)),
                        and(mload(add(source, 0xa0)), sub(shl(64, at), at))
                    )
                    mstore(add(target, 0x40), price)
                    any := or(any, price)
                }
                if any {
                    active := or(active, bit)
                }
            }
        }
        class.active = active;
    }

    /// @dev Four intervals of one parity: what they are compared with, and what each price vector holds there.
    /// @param word Their low and high in bits 16-31 and 0-15 of the 64-bit lanes, earliest highest.
    /// @param pairs Their sides in every second pair, earliest lowest.
    /// @param shares Their effective prices, earliest in the lowest lane, as everything below.
    function _unpackFour(uint256 at, uint256 word, uint256 pairs, uint256 shares, uint256 chargeTicks) private pure {
        unchecked {
            uint256 low = _reversed((word >> 16) & LOW_16_PER_64);
            uint256 high = _reversed(word & LOW_16_PER_64);
            uint256 charges = Lanes.spread64(chargeTicks);
            (uint256 lower, uint256 upper) = Lanes.pairs64(pairs);
            uint256 trade = Lanes.mask64(lower | upper);
            // The sum has 17 bits; what its lowest bit leaves in the lane below is cut off.
            uint256 price = ((low + high) >> 1) & LOW_16_PER_64;
            uint256 sell = (price << SCALE_BITS) & trade;
            uint256 buy = ((price + charges) << SCALE_BITS) & trade;
            uint256 share = Lanes.mask64(upper & ~lower);
            _put(at, low);
            _put(at + 0x20, high + charges);
            _put(at + 0x40, sell);
            _put(at + 0x60, (sell & ~share) | (shares & share));
            share = Lanes.mask64(upper & lower);
            _put(at + 0x80, buy);
            _put(at + 0xa0, (buy & ~share) | (shares & share));
        }
    }

    /// @dev Four lanes in reverse order.
    function _reversed(uint256 word) private pure returns (uint256) {
        return (word << 192) | ((word & LANE_1) << 64) | ((word >> 64) & LANE_1) | (word >> 192);
    }

    function _dataOf(uint256[] memory array) private pure returns (uint256 at) {
        assembly ("memory-safe") {
            at := add(array, 0x20)
        }
    }

    /// @dev The caller stays within the arrays of this library.
    function _put(uint256 at, uint256 value) private pure {
        assembly ("memory-safe") {
            mstore(at, value)
        }
    }

    /// @dev The caller has checked the length.
    function _wordOf(bytes calldata data, uint256 index) private pure returns (uint256 word) {
        assembly ("memory-safe") {
            word := calldataload(add(data.offset, shl(5, index)))
        }
    }
}
