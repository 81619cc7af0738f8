// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {DeviceState} from "../types/Meters.sol";

/// @notice Everything that recording a day reads and writes about a meter, in one storage word keyed by its device.
///
/// | bits    | width | lane           | meaning                                                                |
/// | ------- | ----- | -------------- | ---------------------------------------------------------------------- |
/// | 0-43    | 44    | importRegister | cumulative import, meter units                                         |
/// | 44-87   | 44    | exportRegister | cumulative export, meter units                                         |
/// | 88-103  | 16    | lastDay        | last day recorded                                                      |
/// | 104-135 | 32    | meter          | number of the meter; never 0, so an empty word is a stranger           |
/// | 136-150 | 15    | capUnits       | most energy in either direction per interval, meter units              |
/// | 151-152 | 2     | unitExponent   | one unit is 10^exponent Wh                                             |
/// | 153     | 1     | active         | the device may sign                                                    |
/// | 154     | 1     | tombstoned     | the device was revoked or rotated out, for ever                        |
/// | 155-167 | 13    |                | reserved for the day settlement: mode, limits by flag, queue marker    |
/// | 168-183 | 16    |                | reserved for the day settlement: lowest ask for export, ticks          |
/// | 184-199 | 16    |                | reserved for the day settlement: highest bid for import, ticks         |
/// | 200-255 | 56    |                | reserved for the day settlement: prepaid balance, base units           |
///
/// Writers touch only their own lanes: the reserved ones survive every change.
type MeterWord is uint256;

using MeterWords for MeterWord global;

/// @title MeterWords
/// @notice Reads and writes the lanes of a `MeterWord`.
library MeterWords {
    /// @notice Registers are below this.
    uint64 internal constant REGISTER_LIMIT = 1 << 44;

    uint256 private constant EXPORT_SHIFT = 44;
    uint256 private constant DAY_SHIFT = 88;
    uint256 private constant METER_SHIFT = 104;
    uint256 private constant CAP_SHIFT = 136;
    uint256 private constant EXPONENT_SHIFT = 151;
    uint256 private constant ACTIVE = 1 << 153;
    uint256 private constant TOMBSTONED = 1 << 154;

    uint256 private constant REGISTER_MASK = (1 << 44) - 1;
    uint256 private constant CAP_MASK = (1 << 15) - 1;
    uint256 private constant EXPONENT_MASK = 3;

    /// @notice The word of a meter's first device.
    /// @dev Callers have bounded the values: registers < 2^44, cap < 2^15, exponent < 3.
    function open(
        uint32 meterNumber,
        uint256 cap,
        uint256 exponent,
        uint256 day,
        uint256 importUnits,
        uint256 exportUnits
    ) internal pure returns (MeterWord) {
        return
            MeterWord.wrap(
                importUnits |
                    (exportUnits << EXPORT_SHIFT) |
                    (day << DAY_SHIFT) |
                    (uint256(meterNumber) << METER_SHIFT) |
                    (cap << CAP_SHIFT) |
                    (exponent << EXPONENT_SHIFT) |
                    ACTIVE
            );
    }

    /// @notice What stays of a device whose state moved to another one: its meter and the mark.
    function tombstone(uint32 meterNumber) internal pure returns (MeterWord) {
        return MeterWord.wrap((uint256(meterNumber) << METER_SHIFT) | TOMBSTONED);
    }

    function importRegister(MeterWord word) internal pure returns (uint64) {
        return uint64(MeterWord.unwrap(word) & REGISTER_MASK);
    }

    function exportRegister(MeterWord word) internal pure returns (uint64) {
        return uint64((MeterWord.unwrap(word) >> EXPORT_SHIFT) & REGISTER_MASK);
    }

    function lastDay(MeterWord word) internal pure returns (uint16) {
        return uint16(MeterWord.unwrap(word) >> DAY_SHIFT);
    }

    function meter(MeterWord word) internal pure returns (uint32) {
        return uint32(MeterWord.unwrap(word) >> METER_SHIFT);
    }

    function capUnits(MeterWord word) internal pure returns (uint16) {
        return uint16((MeterWord.unwrap(word) >> CAP_SHIFT) & CAP_MASK);
    }

    function unitExponent(MeterWord word) internal pure returns (uint8) {
        return uint8((MeterWord.unwrap(word) >> EXPONENT_SHIFT) & EXPONENT_MASK);
    }

    function isActive(MeterWord word) internal pure returns (bool) {
        return MeterWord.unwrap(word) & ACTIVE != 0;
    }

    function isTombstoned(MeterWord word) internal pure returns (bool) {
        return MeterWord.unwrap(word) & TOMBSTONED != 0;
    }

    /// @notice The word after a recorded day.
    function advance(
        MeterWord word,
        uint256 day,
        uint256 importUnits,
        uint256 exportUnits
    ) internal pure returns (MeterWord) {
        uint256 kept = (MeterWord.unwrap(word) >> METER_SHIFT) << METER_SHIFT;
        return MeterWord.wrap(kept | (day << DAY_SHIFT) | (exportUnits << EXPORT_SHIFT) | importUnits);
    }

    /// @notice The word with other registers.
    function rebase(MeterWord word, uint256 importUnits, uint256 exportUnits) internal pure returns (MeterWord) {
        return advance(word, lastDay(word), importUnits, exportUnits);
    }

    /// @notice The word with the days up to `day` closed, if they were not: none of them can be recorded any more.
    function closedThrough(MeterWord word, uint256 day) internal pure returns (MeterWord) {
        return day <= lastDay(word) ? word : advance(word, day, importRegister(word), exportRegister(word));
    }

    function withCap(MeterWord word, uint256 cap) internal pure returns (MeterWord) {
        return MeterWord.wrap((MeterWord.unwrap(word) & ~(CAP_MASK << CAP_SHIFT)) | (cap << CAP_SHIFT));
    }

    /// @notice The word of a device that may no longer sign but keeps the state.
    function revoked(MeterWord word) internal pure returns (MeterWord) {
        return MeterWord.wrap((MeterWord.unwrap(word) & ~ACTIVE) | TOMBSTONED);
    }

    /// @notice The word of a device that takes the state over.
    function activated(MeterWord word) internal pure returns (MeterWord) {
        return MeterWord.wrap((MeterWord.unwrap(word) & ~TOMBSTONED) | ACTIVE);
    }

    function toState(MeterWord word) internal pure returns (DeviceState memory) {
        return
            DeviceState({
                meter: meter(word),
                active: isActive(word),
                lastDay: lastDay(word),
                importRegister: importRegister(word),
                exportRegister: exportRegister(word),
                capUnits: capUnits(word),
                unitExponent: unitExponent(word)
            });
    }
}
