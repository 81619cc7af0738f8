// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";

import {MeterWord, MeterWords} from "../libraries/MeterWords.sol";
import {SettlementWords} from "../libraries/settlement/SettlementWords.sol";
import {NeighbourhoodState} from "../types/State.sol";
import {PlainLanes, PlainMeterWord} from "./twins/PlainMeterWord.sol";

/// @notice What the settlement reads and writes of a meter's word, against the lanes one by one.
contract SettlementWordsTest is Test {
    using PlainMeterWord for *;

    uint256 private constant BALANCE_LIMIT = 2 ** 56;

    NeighbourhoodState private _state;

    function test_fuzz_loadAndStore_useTheMappingsSlot(address device, MeterWord word, MeterWord next) external {
        _state.words[device] = word;
        (uint256 slot, MeterWord loaded) = SettlementWords.load(_state, device);
        assertEq(MeterWord.unwrap(loaded), MeterWord.unwrap(word));
        SettlementWords.store(slot, next);
        assertEq(MeterWord.unwrap(_state.words[device]), MeterWord.unwrap(next));
        assertEq(MeterWord.unwrap(_state.words[address(uint160(device) ^ 1)]), 0);
    }

    function test_fuzz_settled_changesDayRegistersAndBalance(
        MeterWord word,
        uint16 day,
        uint64 importUnits,
        uint64 exportUnits,
        uint56 balance,
        int64 payment
    ) external pure {
        PlainLanes memory plain = word.decode();
        plain.balance = balance;
        MeterWord before = plain.encode();
        // What is paid is covered, what is paid out is held by somebody.
        int256 after_ = bound(int256(uint256(balance)) - payment, 0, int256(BALANCE_LIMIT - 1));
        payment = int64(int256(uint256(balance)) - after_);
        plain.lastDay = day;
        plain.importRegister = bound(importUnits, 0, MeterWords.REGISTER_LIMIT - 1);
        plain.exportRegister = bound(exportUnits, 0, MeterWords.REGISTER_LIMIT - 1);
        plain.balance = uint256(after_);
        _assertWord(before.settled(day, plain.importRegister, plain.exportRegister, payment), plain);
    }

    function test_settled_atTheExtremesOfTheBalance() external pure {
        PlainLanes memory full = MeterWord.wrap(type(uint256).max).decode();
        PlainLanes memory empty = MeterWord.wrap(type(uint256).max).decode();
        empty.balance = 0;
        (uint256 day, uint256 imported, uint256 exported) = (full.lastDay, full.importRegister, full.exportRegister);
        int256 all = int256(BALANCE_LIMIT - 1);
        _assertWord(full.encode().settled(day, imported, exported, all), empty);
        _assertWord(empty.encode().settled(day, imported, exported, -all), full);
        _assertWord(full.encode().settled(day, imported, exported, 0), full);
        full.balance = BALANCE_LIMIT - 2;
        _assertWord(empty.encode().settled(day, imported, exported, 1 - all), full);
    }

    /// @dev Exactly the lanes that keep a word from being settled without another look.
    function test_fuzz_isPlain_equalsPlain(MeterWord word, bool near) external pure {
        PlainLanes memory plain = word.decode();
        if (near) {
            (plain.active, plain.tombstoned, plain.sharing, plain.settingsQueued) = (1, 0, 1, 0);
        }
        uint256 key = MeterWords.classKeyOf(plain.unitExponent, plain.community == 1, plain.askTicks, plain.bidTicks);
        bool expected = plain.active == 1 && plain.tombstoned == 0 && plain.sharing == 1 && plain.settingsQueued == 0;
        assertEq(plain.encode().isPlain(key), expected);
    }

    function test_fuzz_isPlain_noticesEveryOtherLane(MeterWord word, uint256 bit) external pure {
        PlainLanes memory plain = word.decode();
        (plain.active, plain.tombstoned, plain.sharing, plain.settingsQueued) = (1, 0, 1, 0);
        MeterWord right = plain.encode();
        uint256 key = MeterWords.classKeyOf(plain.unitExponent, plain.community == 1, plain.askTicks, plain.bidTicks);
        assertTrue(right.isPlain(key));
        bit = bound(bit, 0, 255);
        MeterWord other = MeterWord.wrap(MeterWord.unwrap(right) ^ (1 << bit));
        // Registers, day, meter, cap, queued device, the free bit, seat and balance do not matter to it.
        bool matters = (bit >= 151 && bit <= 157) || (bit >= 168 && bit < 200);
        assertEq(other.isPlain(key), !matters);
    }

    function _assertWord(MeterWord word, PlainLanes memory plain) private pure {
        assertEq(MeterWord.unwrap(word), MeterWord.unwrap(plain.encode()));
    }
}
