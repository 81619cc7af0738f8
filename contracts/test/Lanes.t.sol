// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";

import {Lanes} from "../libraries/settlement/Lanes.sol";
import {PlainLaneArrays} from "./twins/PlainLanes.sol";

/// @notice Packed comparisons do in every lane what a plain comparison does, and never touch the lane beside it.
contract LanesTest is Test {
    using PlainLaneArrays for *;

    uint256 private constant MOST_32 = 2 ** 31 - 1;
    uint256 private constant MOST_64 = 2 ** 63 - 1;

    function test_fuzz_comparisons32_equalPlain(uint256 seed) external pure {
        _assert32(_numbers(seed, 0, 32, MOST_32), _numbers(seed, 1, 32, MOST_32 - 1));
    }

    /// @dev Each lane at its extremes, while the lanes beside it are at theirs.
    function test_comparisons_atTheExtremesOfEveryLane() external pure {
        uint256[5] memory values = [uint256(0), 1, 2, MOST_32 - 1, MOST_32];
        for (uint256 lane = 0; lane < 8; ++lane) {
            for (uint256 a = 0; a < 5; ++a) {
                for (uint256 b = 0; b < 4; ++b) {
                    _assert32(_one(0, lane, values[a], 32), _one(MOST_32 - 1, lane, values[b], 32));
                    _assert32(_one(MOST_32, lane, values[a], 32), _one(0, lane, values[b], 32));
                }
            }
        }
    }

    /// @dev `atLeast` and `least` take the highest number on either side.
    function test_atLeast_takesTheHighestNumbers() external pure {
        assertEq(Lanes.atLeast32(_all(MOST_32, 32), _all(MOST_32, 32)), Lanes.TOPS_32);
        assertEq(Lanes.atLeast32(0, _all(MOST_32, 32)), 0);
        assertEq(Lanes.least32(_all(MOST_32, 32), _all(MOST_32, 32)), _all(MOST_32, 32));
    }

    function test_fuzz_spread_isTheNumberInEveryLane(uint256 value) external pure {
        value = bound(value, 0, MOST_32);
        assertEq(Lanes.spread32(value), _all(value, 32));
        value = bound(value, 0, MOST_64);
        assertEq(Lanes.spread64(value), _all(value, 64));
    }

    function test_spread_ofTheExtremes() external pure {
        assertEq(Lanes.spread32(0), 0);
        assertEq(Lanes.spread32(MOST_32), _all(MOST_32, 32));
        assertEq(Lanes.spread64(0), 0);
        assertEq(Lanes.spread64(MOST_64), _all(MOST_64, 64));
    }

    function test_mask_ofEverySetOfFlags() external pure {
        for (uint256 set = 0; set < 256; ++set) {
            uint256 flags = 0;
            for (uint256 lane = 0; lane < 8; ++lane) flags |= ((set >> lane) & 1) << (32 * lane + 31);
            assertEq(Lanes.mask32(flags), PlainLaneArrays.run(PlainLaneArrays.Operation.Mask, flags, 0, 32));
        }
        for (uint256 set = 0; set < 16; ++set) {
            uint256 flags = 0;
            for (uint256 lane = 0; lane < 4; ++lane) flags |= ((set >> lane) & 1) << (64 * lane + 63);
            assertEq(Lanes.mask64(flags), PlainLaneArrays.run(PlainLaneArrays.Operation.Mask, flags, 0, 64));
        }
    }

    function test_pairs_ofEveryPair() external pure {
        for (uint256 index = 0; index < 8; ++index) {
            for (uint256 value = 0; value < 4; ++value) {
                // Alone, and among pairs that are all set.
                _assertPairs(value << (2 * index));
                _assertPairs((0xffff ^ (3 << (2 * index))) | (value << (2 * index)));
            }
        }
    }

    function test_fuzz_pairs_equalPlain(uint16 pairs) external pure {
        _assertPairs(pairs);
    }

    function test_fuzz_lane32_readsTheLane(uint256 word) external pure {
        uint256[] memory lanes = word.split(32);
        for (uint256 i = 0; i < 8; ++i) assertEq(Lanes.lane32(word, i), lanes[i]);
    }

    function _assert32(uint256 a, uint256 b) private pure {
        assertEq(Lanes.atLeast32(a, b), PlainLaneArrays.run(PlainLaneArrays.Operation.AtLeast, a, b, 32));
        assertEq(Lanes.above32(a, b), PlainLaneArrays.run(PlainLaneArrays.Operation.Above, a, b, 32));
        assertEq(Lanes.zero32(a), PlainLaneArrays.run(PlainLaneArrays.Operation.IsZero, a, 0, 32));
        assertEq(Lanes.least32(a, b), PlainLaneArrays.run(PlainLaneArrays.Operation.Least, a, b, 32));
        assertEq(Lanes.least32(b, a), Lanes.least32(a, b));
    }

    function _assertPairs(uint256 pairs) private pure {
        (uint256 low, uint256 high) = Lanes.pairs32(pairs);
        uint256[] memory lows = low.split(32);
        uint256[] memory highs = high.split(32);
        for (uint256 i = 0; i < 8; ++i) {
            uint256 value = pairs.pairAt(i);
            assertEq(lows[i], value % 2 == 1 ? 2 ** 31 : 0);
            assertEq(highs[i], value / 2 == 1 ? 2 ** 31 : 0);
        }
        (low, high) = Lanes.pairs64(pairs);
        lows = low.split(64);
        highs = high.split(64);
        for (uint256 i = 0; i < 4; ++i) {
            uint256 value = pairs.pairAt(2 * i);
            assertEq(lows[3 - i], value % 2 == 1 ? 2 ** 63 : 0);
            assertEq(highs[3 - i], value / 2 == 1 ? 2 ** 63 : 0);
        }
    }

    /// @dev Many zeros, many at the bound, many near each other.
    function _numbers(uint256 seed, uint256 which, uint256 bits, uint256 most) private pure returns (uint256) {
        uint256[] memory lanes = new uint256[](256 / bits);
        for (uint256 i = 0; i < lanes.length; ++i) {
            uint256 shared = uint256(keccak256(abi.encode(seed, i)));
            uint256 random = uint256(keccak256(abi.encode(seed, i, which)));
            uint256 kind = random % 6;
            lanes[i] = (shared >> 8) % most;
            if (kind == 0) lanes[i] = 0;
            if (kind == 1) lanes[i] = most;
            if (kind == 2) lanes[i] = (random >> 8) % (most + 1);
            if (kind == 3 && lanes[i] != 0) --lanes[i];
        }
        return lanes.join(bits);
    }

    function _all(uint256 value, uint256 bits) private pure returns (uint256) {
        return value.fill(bits);
    }

    function _one(uint256 others, uint256 lane, uint256 value, uint256 bits) private pure returns (uint256) {
        uint256[] memory lanes = others.fill(bits).split(bits);
        lanes[lane] = value;
        return lanes.join(bits);
    }
}
