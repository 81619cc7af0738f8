// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";

import {MeterWord, MeterWords} from "../libraries/MeterWords.sol";
import {DeviceState} from "../types/Meters.sol";
import {PlainLanes, PlainMeterWord} from "./twins/PlainMeterWord.sol";

/// @notice Every lane of a meter word reads back what was written, and its neighbours stay.
contract MeterWordsTest is Test {
    using PlainMeterWord for *;

    function test_fuzz_readers_readTheirLane(MeterWord word) external pure {
        PlainLanes memory plain = word.decode();
        assertEq(word.importRegister(), plain.importRegister);
        assertEq(word.exportRegister(), plain.exportRegister);
        assertEq(word.lastDay(), plain.lastDay);
        assertEq(word.meter(), plain.meter);
        assertEq(word.capUnits(), plain.capUnits);
        assertEq(word.unitExponent(), plain.unitExponent);
        assertEq(word.isActive(), plain.active == 1);
        assertEq(word.isTombstoned(), plain.tombstoned == 1);

        assertEq(word.isSharing(), plain.sharing == 1);
        assertEq(word.isCommunity(), plain.community == 1);
        assertEq(word.hasSettingsQueued(), plain.settingsQueued == 1);
        assertEq(word.hasDeviceQueued(), plain.deviceQueued == 1);
        assertEq(word.seat(), plain.seat);
        assertEq(word.askTicks(), plain.askTicks);
        assertEq(word.bidTicks(), plain.bidTicks);
        assertEq(word.balance(), plain.balance);
    }

    function test_fuzz_toState_unpacksEveryLane(MeterWord word) external pure {
        PlainLanes memory plain = word.decode();
        DeviceState memory state = word.toState();
        assertEq(state.meter, plain.meter);
        assertEq(state.active, plain.active == 1);
        assertEq(state.lastDay, plain.lastDay);
        assertEq(state.importRegister, plain.importRegister);
        assertEq(state.exportRegister, plain.exportRegister);
        assertEq(state.capUnits, plain.capUnits);
        assertEq(state.unitExponent, plain.unitExponent);
        assertEq(state.sharing, plain.sharing == 1);
        assertEq(state.community, plain.community == 1);
        assertEq(state.seat, plain.seat);
        assertEq(state.settingsQueued, plain.settingsQueued == 1);
        assertEq(state.deviceQueued, plain.deviceQueued == 1);
        assertEq(state.askTicks, plain.askTicks);
        assertEq(state.bidTicks, plain.bidTicks);
        assertEq(state.balanceBaseUnits, plain.balance);
    }

    function test_fuzz_classKey_isUnitFlagAndLimits(MeterWord word, MeterWord other) external pure {
        PlainLanes memory plain = word.decode();
        PlainLanes memory changed = other.decode();
        assertEq(
            word.classKey(),
            MeterWords.classKeyOf(plain.unitExponent, plain.community == 1, plain.askTicks, plain.bidTicks)
        );
        changed.unitExponent = plain.unitExponent;
        changed.community = plain.community;
        changed.askTicks = plain.askTicks;
        changed.bidTicks = plain.bidTicks;
        assertEq(changed.encode().classKey(), word.classKey());
        changed.bidTicks ^= 1;
        assertNotEq(changed.encode().classKey(), word.classKey());
    }

    function test_fuzz_open_writesEveryLane(MeterWord random, uint8 exponent) external pure {
        PlainLanes memory plain = random.decode();
        plain.unitExponent = bound(exponent, 0, 2);
        (plain.active, plain.tombstoned, plain.sharing, plain.community) = (1, 0, 0, 0);
        (plain.settingsQueued, plain.deviceQueued, plain.free, plain.seat) = (0, 0, 0, 0);
        (plain.askTicks, plain.bidTicks, plain.balance) = (0, 0, 0);
        _assertWord(
            MeterWords.open(
                uint32(plain.meter),
                plain.capUnits,
                plain.unitExponent,
                plain.lastDay,
                plain.importRegister,
                plain.exportRegister
            ),
            plain
        );
    }

    function test_fuzz_tombstone_keepsOnlyTheMeter(uint32 meter) external pure {
        PlainLanes memory plain;
        (plain.meter, plain.tombstoned) = (meter, 1);
        _assertWord(MeterWords.tombstone(meter), plain);
    }

    function test_fuzz_advance_changesDayAndRegistersOnly(
        MeterWord word,
        uint16 day,
        uint64 importUnits,
        uint64 exportUnits
    ) external pure {
        PlainLanes memory plain = word.decode();
        plain.lastDay = day;
        plain.importRegister = bound(importUnits, 0, MeterWords.REGISTER_LIMIT - 1);
        plain.exportRegister = bound(exportUnits, 0, MeterWords.REGISTER_LIMIT - 1);
        _assertWord(word.advance(day, plain.importRegister, plain.exportRegister), plain);
    }

    function test_fuzz_rebase_changesRegistersOnly(
        MeterWord word,
        uint64 importUnits,
        uint64 exportUnits
    ) external pure {
        PlainLanes memory plain = word.decode();
        plain.importRegister = bound(importUnits, 0, MeterWords.REGISTER_LIMIT - 1);
        plain.exportRegister = bound(exportUnits, 0, MeterWords.REGISTER_LIMIT - 1);
        _assertWord(word.rebase(plain.importRegister, plain.exportRegister), plain);
    }

    function test_fuzz_withCap_changesCapOnly(MeterWord word, uint16 cap) external pure {
        PlainLanes memory plain = word.decode();
        plain.capUnits = bound(cap, 0, 32_767);
        _assertWord(word.withCap(plain.capUnits), plain);
    }

    function test_fuzz_revokedAndActivated_changeTheMarksOnly(MeterWord word) external pure {
        PlainLanes memory plain = word.decode();
        (plain.active, plain.tombstoned) = (0, 1);
        _assertWord(word.revoked(), plain);
        (plain.active, plain.tombstoned) = (1, 0);
        _assertWord(word.revoked().activated(), plain);
    }

    function test_fuzz_withBalance_changesTheBalanceOnly(MeterWord word, uint56 balance) external pure {
        PlainLanes memory plain = word.decode();
        plain.balance = balance;
        _assertWord(word.withBalance(balance), plain);
    }

    function test_fuzz_withQueued_changesTheMarkOnly(MeterWord word, bool queued) external pure {
        PlainLanes memory plain = word.decode();
        plain.settingsQueued = queued ? 1 : 0;
        _assertWord(word.withSettingsQueued(queued), plain);
        plain = word.decode();
        plain.deviceQueued = queued ? 1 : 0;
        _assertWord(word.withDeviceQueued(queued), plain);
    }

    function test_fuzz_withSharing_changesTheSettingsOnly(
        MeterWord word,
        bool community,
        uint8 seat,
        uint16 ask,
        uint16 bid
    ) external pure {
        PlainLanes memory plain = word.decode();
        (plain.sharing, plain.community, plain.seat) = (1, community ? 1 : 0, seat);
        (plain.askTicks, plain.bidTicks) = (ask, bid);
        _assertWord(word.withSharing(community, seat, ask, bid), plain);
    }

    function test_fuzz_withoutSharing_clearsTheSettingsOnly(MeterWord word) external pure {
        PlainLanes memory plain = word.decode();
        (plain.sharing, plain.community, plain.seat, plain.askTicks, plain.bidTicks) = (0, 0, 0, 0, 0);
        _assertWord(word.withoutSharing(), plain);
    }

    function _assertWord(MeterWord word, PlainLanes memory plain) private pure {
        assertEq(MeterWord.unwrap(word), MeterWord.unwrap(plain.encode()));
    }
}
