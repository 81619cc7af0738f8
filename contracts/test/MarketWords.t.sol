// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";

import {MarketWord} from "../libraries/MarketWords.sol";

/// @notice Every lane of the market word reads back what was written, and its neighbours stay.
contract MarketWordsTest is Test {
    function test_fuzz_chargeTicks_changesOnTheEffectiveDay(
        MarketWord word,
        uint16 ticks,
        uint16 nextTicks,
        uint32 effectiveDay,
        uint256 day
    ) external pure {
        MarketWord charged = word.withCharge(ticks, nextTicks, effectiveDay);
        day = bound(day, 0, type(uint32).max);
        assertEq(charged.chargeTicks(day), day >= effectiveDay ? nextTicks : ticks);
        assertEq(charged.chargeTicks(effectiveDay), nextTicks);
        if (effectiveDay > 0) assertEq(charged.chargeTicks(effectiveDay - 1), ticks);
        assertEq(
            MarketWord.unwrap(charged),
            (MarketWord.unwrap(word) / 2 ** 64) * 2 ** 64 +
                uint256(effectiveDay) * 2 ** 32 +
                uint256(nextTicks) * 2 ** 16 +
                ticks
        );
    }

    /// @dev Forgetting a cancellation would revive an offer; remembering one too many only costs a look-up.
    function test_fuzz_mayHaveCancelled_neverForgets(
        MarketWord word,
        address[5] calldata sellers,
        uint16 ticks,
        uint32 effectiveDay
    ) external pure {
        for (uint256 i = 0; i < sellers.length; ++i) word = word.withCanceller(sellers[i]);
        word = word.withCharge(ticks, ticks, effectiveDay);
        for (uint256 i = 0; i < sellers.length; ++i) assertTrue(word.mayHaveCancelled(sellers[i]));
    }

    function test_fuzz_withCanceller_setsOneBitAboveTheCharges(
        MarketWord word,
        address seller,
        address other
    ) external pure {
        word = MarketWord.wrap(MarketWord.unwrap(word) % 2 ** 64);
        assertFalse(word.mayHaveCancelled(seller));
        MarketWord marked = word.withCanceller(seller);
        assertEq(MarketWord.unwrap(marked) % 2 ** 64, MarketWord.unwrap(word));
        bool sameRemainder = uint160(seller) % 192 == uint160(other) % 192;
        assertEq(marked.mayHaveCancelled(other), sameRemainder);
    }
}
