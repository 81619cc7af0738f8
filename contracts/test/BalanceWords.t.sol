// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";

import {BalanceRing, BalanceWord, BalanceWords} from "../libraries/BalanceWords.sol";
import {PlainRing} from "./twins/PlainRing.sol";

/// @notice The packed ring of balances does what a plain mapping does.
contract BalanceWordsTest is Test {
    using PlainRing for PlainRing.Balances;

    uint32 private constant METER = 7;
    /// @dev Days that live on at the same time; what is older has expired.
    uint256 private constant LIVE_DAYS = 31;

    mapping(uint256 key => BalanceRing) private _rings;
    PlainRing.Balances private _plain;

    /// @dev Holder 0 mints day after day and passes on to holders 1 and 2, who pass on among themselves.
    function test_fuzz_sequence_equalsPlain(uint16 firstDay, uint8 exponent, uint256 seed) external {
        uint256 day = bound(firstDay, 1, 65_000);
        uint256 unitExponent = bound(exponent, 0, 2);
        uint256 oldest = day;
        for (uint256 step = 0; step < 24; ++step) {
            uint256 random = uint256(keccak256(abi.encode(seed, step)));
            _mint(day, unitExponent, random);
            for (uint256 i = 0; i < 4; ++i) _move(uint256(keccak256(abi.encode(random, i))), oldest, day);
            if (step % 8 == 7) {
                _assertDay(oldest, unitExponent);
                _assertDay(day, unitExponent);
            }
            day += 1 + (random % 16 == 0 ? 31 + ((random >> 8) % 3) : (random >> 16) % 3);
            if (day > oldest + LIVE_DAYS) oldest = day - LIVE_DAYS;
        }
    }

    function test_fuzz_load_ofAnotherTurn_isZero(uint32 interval, uint32 other, uint256 lanes) external {
        uint256 minted = bound(interval, 0, 65_536 * 96 - 1);
        lanes = bound(lanes, 1, 2 ** 240 - 1);
        BalanceRing storage ring = _rings[0];
        ring.store(minted, BalanceWords.mint(minted, 2, lanes));
        assertEq(BalanceWord.unwrap(ring.load(minted)) % 2 ** 240, lanes);
        // Same place, another turn; and any other place, which holds nothing.
        uint256 elsewhere = other % 2 == 0 ? (minted % 3_072) + 3_072 * (uint256(other) / 2) : other;
        if (elsewhere / 16 != minted / 16) assertEq(BalanceWord.unwrap(ring.load(elsewhere)), 0);
    }

    function test_fuzz_word_readsBackEveryLane(
        uint16[16] calldata amounts,
        uint32 interval,
        uint8 exponent
    ) external pure {
        uint256 first = (bound(interval, 0, 65_536 * 96 - 1) / 16) * 16;
        uint256 unitExponent = bound(exponent, 0, 2);
        uint256 lanes = 0;
        for (uint256 i = 0; i < 16; ++i) lanes += BalanceWords.lane(first + i, amounts[i] % 32_768);
        BalanceWord word = BalanceWords.mint(first + 15, unitExponent, lanes);
        for (uint256 i = 0; i < 16; ++i) {
            assertEq(word.units(first + i), amounts[i] % 32_768);
            assertEq(BalanceWords.nextWord(first + i), first + 16);
        }
        assertEq(word.unitWh(), 10 ** unitExponent);
        assertTrue(word.isIssued());
        assertEq(BalanceWord.unwrap(word) >> 243, first / 96 / 32);

        BalanceWord less = word.minus(lanes);
        for (uint256 i = 0; i < 16; ++i) assertEq(less.units(first + i), 0);
        assertEq(BalanceWord.unwrap(less) >> 240, BalanceWord.unwrap(word) >> 240);
    }

    function test_zeroWord_holdsNothing() external pure {
        BalanceWord word = BalanceWord.wrap(0);
        assertEq(word.unitWh(), 1);
        assertFalse(word.isIssued());
        for (uint256 i = 0; i < 16; ++i) assertEq(word.units(i), 0);
    }

    function test_fuzz_ringKey_isUnique(address a, uint32 m, address b, uint32 n) external pure {
        assertEq(BalanceWords.ringKey(a, m) == BalanceWords.ringKey(b, n), a == b && m == n);
    }

    function _mint(uint256 day, uint256 exponent, uint256 random) private {
        for (uint256 w = 0; w < 6; ++w) {
            uint256 lanes = 0;
            for (uint256 i = 0; i < 16; ++i) {
                uint256 interval = day * 96 + 16 * w + i;
                uint256 amount = uint256(keccak256(abi.encode(random, w, i))) >> 241;
                if (random % 5 == 0) amount = 32_767;
                lanes |= BalanceWords.lane(interval, amount);
                _plain.units[address(0)][METER][interval] = amount;
            }
            _ring(0).store(day * 96 + 16 * w, BalanceWords.mint(day * 96 + 16 * w, exponent, lanes));
        }
    }

    /// @dev Moves one to three neighbouring lanes of one word of a live day, to oneself too.
    function _move(uint256 random, uint256 oldest, uint256 newest) private {
        (uint256 from, uint256 to) = (random % 3, (random >> 8) % 3);
        uint256 interval = (oldest + ((random >> 16) % (newest - oldest + 1))) * 96 + ((random >> 32) % 96);
        uint256 end = BalanceWords.nextWord(interval);
        BalanceWord word = _ring(from).load(interval);
        uint256 lanes = 0;
        for (uint256 at = interval; at < end && at < interval + 3; ++at) {
            uint256 held = _plain.units[address(uint160(from))][METER][at];
            assertEq(word.units(at), held);
            uint256 amount = random % 4 == 0 ? held : (random >> 64) % (held + 1);
            lanes |= BalanceWords.lane(at, amount);
            _plain.move(address(uint160(from)), address(uint160(to)), METER, at, amount);
        }
        if (lanes == 0) return;
        _ring(from).store(interval, word.minus(lanes));
        _ring(to).give(interval, word, lanes);
    }

    function _assertDay(uint256 day, uint256 exponent) private view {
        for (uint256 holder = 0; holder < 3; ++holder) {
            for (uint256 interval = day * 96; interval < day * 96 + 96; ++interval) {
                BalanceWord word = _ring(holder).load(interval);
                assertEq(word.units(interval), _plain.units[address(uint160(holder))][METER][interval]);
                if (BalanceWord.unwrap(word) == 0) continue;
                assertEq(word.unitWh(), 10 ** exponent);
                assertEq(word.isIssued(), holder == 0);
            }
        }
    }

    function _ring(uint256 holder) private view returns (BalanceRing storage) {
        return _rings[BalanceWords.ringKey(address(uint160(holder)), METER)];
    }
}
