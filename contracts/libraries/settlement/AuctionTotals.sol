// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ISettlement} from "../../interfaces/ISettlement.sol";
import {Side} from "../../types/Settlement.sol";
import {AuctionPrices, ClassLanes, DayPrices} from "./AuctionPrices.sol";
import {Lanes} from "./Lanes.sol";

/// @title AuctionTotals
/// @notice Adds the classes up at the claimed prices and accepts exactly the claims that are the optimum.
/// @dev Sums of a day: per word of eight intervals eight words of 32-bit lanes, Wh: S<(low), S<=(low), S<(high), S<=(high),
/// D>(low), D>=(low), D>(high), D>=(high). S counts exports asked below (or at) a price, D imports bid above (or at) a
/// price plus the network charge. Plain twin: contracts/test/twins/PlainAuction.sol. Why these conditions, and no fewer:
/// docs/mechanism/proof.md.
library AuctionTotals {
    uint256 private constant SUMS = 8;
    uint256 private constant BOUNDS = 16;
    uint256 private constant SUMS_LENGTH = 12 * 8 * 32;
    uint256 private constant ONES_32 = 0x0000000100000001000000010000000100000001000000010000000100000001;
    uint256 private constant TOPS_32 = 0x8000000080000000800000008000000080000000800000008000000080000000;
    uint256 private constant LOW_32_PER_64 = 0x00000000ffffffff00000000ffffffff00000000ffffffff00000000ffffffff;

    /// @notice Memory for the sums of a day.
    function room() internal pure returns (uint256[] memory) {
        return new uint256[](AuctionPrices.WORDS * SUMS);
    }

    /// @notice Adds a class to the sums and empties its totals for the next one.
    /// @param unitWh 1, 10 or 100: 256 meters of 32,767 x 100 Wh stay below 2^30.
    function addClass(
        uint256[] memory sums,
        ClassLanes memory class,
        DayPrices memory day,
        uint256 askTicks,
        uint256 bidTicks,
        uint256 unitWh
    ) internal pure {
        uint256[] memory words = class.words;
        uint256[] memory bounds = day.words;
        uint256 spread = day.spread;
        uint256 asks = Lanes.spread32(askTicks);
        uint256 bids = Lanes.spread32(bidTicks);
        // Invariant: comparisons as in `Lanes`. Where low = high in all eight intervals, the sums at `high` are left
        // empty; `verify` then reads those at `low`.
        assembly ("memory-safe") {
            let to := add(sums, 0x20)
            let at := add(words, 0xa0)
            bounds := add(bounds, 0x20)
            for {
                let end := add(to, SUMS_LENGTH)
            } lt(to, end) {
                to := add(to, 0x100)
                at := add(at, 0xc0)
                bounds := add(bounds, 0x200)
                spread := shr(1, spread)
            } {
                let energies := mload(add(at, 0x20))
                if energies {
                    mstore(add(at, 0x20), 0)
                    energies := mul(energies, unitWh)
                    let limit := or(mload(bounds), TOPS_32)
                    let flags := shr(31, and(sub(limit, add(asks, ONES_32)), TOPS_32))
                    mstore(to, add(mload(to), and(energies, sub(shl(32, flags), flags))))
                    flags := shr(31, and(sub(limit, asks), TOPS_32))
                    let sum := add(to, 0x20)
                    mstore(sum, add(mload(sum), and(energies, sub(shl(32, flags), flags))))
                    if and(spread, 1) {
                        limit := or(mload(add(bounds, 0x20)), TOPS_32)
                        flags := shr(31, and(sub(limit, add(asks, ONES_32)), TOPS_32))
                        sum := add(to, 0x40)
                        mstore(sum, add(mload(sum), and(energies, sub(shl(32, flags), flags))))
                        flags := shr(31, and(sub(limit, asks), TOPS_32))
                        sum := add(to, 0x60)
                        mstore(sum, add(mload(sum), and(energies, sub(shl(32, flags), flags))))
                    }
                }
                energies := mload(at)
                if energies {
                    mstore(at, 0)
                    energies := mul(energies, unitWh)
                    let limit := mload(add(bounds, 0x40))
                    let flags := shr(31, and(sub(or(bids, TOPS_32), add(limit, ONES_32)), TOPS_32))
                    let sum := add(to, 0x80)
                    mstore(sum, add(mload(sum), and(energies, sub(shl(32, flags), flags))))
                    flags := shr(31, and(sub(or(bids, TOPS_32), limit), TOPS_32))
                    sum := add(to, 0xa0)
                    mstore(sum, add(mload(sum), and(energies, sub(shl(32, flags), flags))))
                    if and(spread, 1) {
                        limit := mload(add(bounds, 0x60))
                        flags := shr(31, and(sub(or(bids, TOPS_32), add(limit, ONES_32)), TOPS_32))
                        sum := add(to, 0xc0)
                        mstore(sum, add(mload(sum), and(energies, sub(shl(32, flags), flags))))
                        flags := shr(31, and(sub(or(bids, TOPS_32), limit), TOPS_32))
                        sum := add(to, 0xe0)
                        mstore(sum, add(mload(sum), and(energies, sub(shl(32, flags), flags))))
                    }
                }
            }
        }
    }

    /// @notice Accepts the claims or reverts with the first interval that is wrong.
    /// @return volumesWh 96 x uint32, big-endian.
    /// @return clearedWh Their sum.
    function verify(
        uint256[] memory sums,
        DayPrices memory day,
        uint256 sides,
        bytes calldata effective,
        uint256 chargeTicks
    ) internal pure returns (bytes memory volumesWh, uint256 clearedWh) {
        volumesWh = new bytes(AuctionPrices.PRICES_LENGTH);
        uint256 cleared = 0;
        unchecked {
            for (uint256 k = 0; k < AuctionPrices.WORDS; ++k) {
                uint256 pairs = (sides >> (16 * k)) & 0xffff;
                if ((day.spread >> k) & 1 == 0) _copyLowToHigh(sums, k * SUMS);
                (bool accepted, uint256 volumes) = _verifyEight(sums, day.words, k, pairs);
                if (!accepted) _refuse(sums, day.words, k, pairs);
                // What names the fault must not be what decides.
                assert(accepted);
                _checkShares(sums, day.words, k, pairs, effective, chargeTicks);
                cleared += (volumes & LOW_32_PER_64) + ((volumes >> 32) & LOW_32_PER_64);
                assembly ("memory-safe") {
                    mstore(add(add(volumesWh, 0x20), shl(5, k)), volumes)
                }
            }
            // Four lanes of at most 24 volumes each.
            clearedWh = (cleared * Lanes.ONES_64) >> 192;
        }
    }

    /// @dev Eight intervals at once: flags of those whose claims hold, and what they trade.
    function _verifyEight(
        uint256[] memory sums,
        uint256[] memory bounds,
        uint256 k,
        uint256 pairs
    ) private pure returns (bool accepted, uint256 volumes) {
        uint256 supply = _at(sums, k * SUMS + 1);
        uint256 demand = _at(sums, k * SUMS + 5);
        (uint256 lower, uint256 upper) = Lanes.pairs32(pairs);
        uint256 trade = lower | upper;
        uint256 low = _at(bounds, BOUNDS * k);
        uint256 high = _at(bounds, BOUNDS * k + 1);
        uint256 ordered = Lanes.atLeast32(high, low);
        uint256 single = ordered & Lanes.atLeast32(low, high);

        uint256 optimal = ordered & _clears(sums, k * SUMS) & ~(Lanes.zero32(supply) | Lanes.zero32(demand));
        // Sellers share: the upper bit alone. Buyers share: both. All fill: the lower alone.
        optimal &= ~((upper & ~lower) ^ (single & Lanes.above32(supply, demand)));
        optimal &= ~((upper & lower) ^ (single & Lanes.above32(demand, supply)));
        uint256 none = single & ~trade & _apart(sums, k * SUMS);

        accepted = (trade & optimal) | none == Lanes.TOPS_32;
        volumes = Lanes.least32(supply, demand) & Lanes.mask32(trade);
    }

    /// @dev Flags: `low` clears and no lower price does, `high` clears and no higher price does.
    function _clears(uint256[] memory sums, uint256 s) private pure returns (uint256) {
        return
            Lanes.above32(_at(sums, s + 5), _at(sums, s)) &
            Lanes.atLeast32(_at(sums, s + 1), _at(sums, s + 4)) &
            Lanes.above32(_at(sums, s + 3), _at(sums, s + 6)) &
            Lanes.atLeast32(_at(sums, s + 7), _at(sums, s + 2));
    }

    /// @dev Flags: at the witness there is no supply and no demand above, or no demand and no supply below.
    function _apart(uint256[] memory sums, uint256 s) private pure returns (uint256) {
        return
            (Lanes.zero32(_at(sums, s + 1)) & Lanes.zero32(_at(sums, s + 4))) |
            (Lanes.zero32(_at(sums, s)) & Lanes.zero32(_at(sums, s + 5)));
    }

    /// @dev Effective prices, interval by interval: only where a side shares is there one.
    function _checkShares(
        uint256[] memory sums,
        uint256[] memory bounds,
        uint256 k,
        uint256 pairs,
        bytes calldata effective,
        uint256 chargeTicks
    ) private pure {
        unchecked {
            for (uint256 j = 0; j < 8; ++j) {
                uint256 claimed = _effective(effective, 8 * k + j);
                uint256 side = (pairs >> (2 * j)) & 3;
                if (side < uint256(Side.SellersShare)) {
                    if (claimed != 0) revert ISettlement.WrongEffectivePrice(8 * k + j, claimed, 0);
                    continue;
                }
                uint256 s = k * SUMS;
                uint256 price = Lanes.lane32(_at(bounds, BOUNDS * k), j);
                uint256 supply = Lanes.lane32(_at(sums, s + 1), j);
                uint256 demand = Lanes.lane32(_at(sums, s + 5), j);
                uint256 expected;
                if (side == uint256(Side.SellersShare)) {
                    // The better ones sell all; the rest of the demand is shared, to the sellers' disadvantage by rounding.
                    uint256 better = Lanes.lane32(_at(sums, s), j);
                    expected = ((price << AuctionPrices.SCALE_BITS) * (demand - better)) / (supply - better);
                } else {
                    uint256 better = Lanes.lane32(_at(sums, s + 4), j);
                    uint256 shared = demand - better;
                    uint256 full = (price + chargeTicks) << AuctionPrices.SCALE_BITS;
                    expected = (full * (supply - better) + (shared - 1)) / shared;
                }
                if (claimed != expected) revert ISettlement.WrongEffectivePrice(8 * k + j, claimed, expected);
            }
        }
    }

    /// @dev Names what is wrong with the first wrong interval of eight.
    function _refuse(uint256[] memory sums, uint256[] memory bounds, uint256 k, uint256 pairs) private pure {
        for (uint256 j = 0; j < 8; ++j) {
            uint256[8] memory sum;
            for (uint256 i = 0; i < SUMS; ++i) sum[i] = Lanes.lane32(sums[k * SUMS + i], j);
            uint256 low = Lanes.lane32(bounds[BOUNDS * k], j);
            uint256 high = Lanes.lane32(bounds[BOUNDS * k + 1], j);
            uint256 side = (pairs >> (2 * j)) & 3;
            uint256 interval = 8 * k + j;
            require(low <= high, ISettlement.PricesCrossed(interval, low, high));
            if (side == uint256(Side.NoTrade)) {
                require(low == high, ISettlement.WitnessFails(interval, high));
                bool none = (sum[1] == 0 && sum[4] == 0) || (sum[0] == 0 && sum[5] == 0);
                require(none, ISettlement.WitnessFails(interval, low));
                continue;
            }
            require(sum[1] != 0 && sum[5] != 0, ISettlement.NoVolume(interval));
            require(sum[1] >= sum[4] && sum[0] <= sum[5], ISettlement.PriceDoesNotClear(interval, low));
            require(sum[3] >= sum[6] && sum[2] <= sum[7], ISettlement.PriceDoesNotClear(interval, high));
            require(sum[5] > sum[0], ISettlement.NotLowestPrice(interval, low));
            require(sum[3] > sum[6], ISettlement.NotHighestPrice(interval, high));
            uint256 expected = uint256(Side.AllFill);
            if (low == high && sum[1] > sum[5]) expected = uint256(Side.SellersShare);
            if (low == high && sum[5] > sum[1]) expected = uint256(Side.BuyersShare);
            require(side == expected, ISettlement.WrongSide(interval, side, expected));
        }
    }

    function _at(uint256[] memory array, uint256 index) private pure returns (uint256 word) {
        assembly ("memory-safe") {
            word := mload(add(add(array, 0x20), shl(5, index)))
        }
    }

    /// @dev Where low = high, what was summed at the one holds at the other.
    function _copyLowToHigh(uint256[] memory sums, uint256 s) private pure {
        assembly ("memory-safe") {
            let at := add(add(sums, 0x20), shl(5, s))
            mcopy(add(at, 0x40), at, 0x40)
            mcopy(add(at, 0xc0), add(at, 0x80), 0x40)
        }
    }

    function _effective(bytes calldata effective, uint256 index) private pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := shr(192, calldataload(add(effective.offset, shl(3, index))))
        }
    }
}
