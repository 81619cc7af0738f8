// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {MeterWord} from "../../libraries/MeterWords.sol";

/// @notice Every lane of a `MeterWord`, one field each.
struct PlainLanes {
    uint256 importRegister;
    uint256 exportRegister;
    uint256 lastDay;
    uint256 meter;
    uint256 capUnits;
    uint256 unitExponent;
    uint256 active;
    uint256 tombstoned;
    uint256 sharing;
    uint256 community;
    uint256 settingsQueued;
    uint256 deviceQueued;
    uint256 free;
    uint256 seat;
    uint256 askTicks;
    uint256 bidTicks;
    uint256 balance;
}

/// @title PlainMeterWord
/// @notice Readable twin of `MeterWords`: the table of its NatSpec, by division and multiplication.
library PlainMeterWord {
    function decode(MeterWord word) internal pure returns (PlainLanes memory lanes) {
        uint256 rest = MeterWord.unwrap(word);
        (lanes.importRegister, rest) = (rest % 2 ** 44, rest / 2 ** 44);
        (lanes.exportRegister, rest) = (rest % 2 ** 44, rest / 2 ** 44);
        (lanes.lastDay, rest) = (rest % 2 ** 16, rest / 2 ** 16);
        (lanes.meter, rest) = (rest % 2 ** 32, rest / 2 ** 32);
        (lanes.capUnits, rest) = (rest % 2 ** 15, rest / 2 ** 15);
        (lanes.unitExponent, rest) = (rest % 4, rest / 4);
        (lanes.active, rest) = (rest % 2, rest / 2);
        (lanes.tombstoned, rest) = (rest % 2, rest / 2);
        (lanes.sharing, rest) = (rest % 2, rest / 2);
        (lanes.community, rest) = (rest % 2, rest / 2);
        (lanes.settingsQueued, rest) = (rest % 2, rest / 2);
        (lanes.deviceQueued, rest) = (rest % 2, rest / 2);
        (lanes.free, rest) = (rest % 2, rest / 2);
        (lanes.seat, rest) = (rest % 2 ** 8, rest / 2 ** 8);
        (lanes.askTicks, rest) = (rest % 2 ** 16, rest / 2 ** 16);
        (lanes.bidTicks, rest) = (rest % 2 ** 16, rest / 2 ** 16);
        lanes.balance = rest;
    }

    function encode(PlainLanes memory lanes) internal pure returns (MeterWord) {
        uint256 word = lanes.balance;
        word = word * 2 ** 16 + lanes.bidTicks;
        word = word * 2 ** 16 + lanes.askTicks;
        word = word * 2 ** 8 + lanes.seat;
        word = word * 2 + lanes.free;
        word = word * 2 + lanes.deviceQueued;
        word = word * 2 + lanes.settingsQueued;
        word = word * 2 + lanes.community;
        word = word * 2 + lanes.sharing;
        word = word * 2 + lanes.tombstoned;
        word = word * 2 + lanes.active;
        word = word * 4 + lanes.unitExponent;
        word = word * 2 ** 15 + lanes.capUnits;
        word = word * 2 ** 32 + lanes.meter;
        word = word * 2 ** 16 + lanes.lastDay;
        word = word * 2 ** 44 + lanes.exportRegister;
        word = word * 2 ** 44 + lanes.importRegister;
        return MeterWord.wrap(word);
    }
}
