// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";

import {MeterWord, MeterWords} from "../libraries/MeterWords.sol";
import {DeviceState} from "../types/Meters.sol";
import {PlainLanes, PlainMeterWord} from "./twins/PlainMeterWord.sol";

/// @notice Every lane of a meter word reads back what was written, and its neighbours stay, the reserved ones too.
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

        DeviceState memory state = word.toState();
        assertEq(
            abi.encode(state),
            abi.encode(
                plain.meter,
                plain.active,
                plain.lastDay,
                plain.importRegister,
                plain.exportRegister,
                plain.capUnits,
                plain.unitExponent
            )
        );
    }

    function test_fuzz_open_writesEveryLane(MeterWord random, uint8 exponent) external pure {
        PlainLanes memory plain = random.decode();
        plain.unitExponent = bound(exponent, 0, 2);
        (plain.active, plain.tombstoned, plain.reserved) = (1, 0, 0);
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

    function _assertWord(MeterWord word, PlainLanes memory plain) private pure {
        assertEq(MeterWord.unwrap(word), MeterWord.unwrap(plain.encode()));
    }
}
