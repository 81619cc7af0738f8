// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {DeviceState} from "../types/Meters.sol";

/// @notice Everything that recording or settling a day reads and writes about a meter, in one storage word keyed by its
/// device.
///
/// | bits    | width | lane           | meaning                                                                |
/// | ------- | ----- | -------------- | ---------------------------------------------------------------------- |
/// | 0-43    | 44    | importRegister | cumulative import, meter units                                         |
/// | 44-87   | 44    | exportRegister | cumulative export, meter units                                         |
/// | 88-103  | 16    | lastDay        | last day recorded, settled or closed                                   |
/// | 104-135 | 32    | meter          | number of the meter; never 0, so an empty word is a stranger           |
/// | 136-150 | 15    | capUnits       | most energy in either direction per interval, meter units              |
/// | 151-152 | 2     | unitExponent   | one unit is 10^exponent Wh                                             |
/// | 153     | 1     | active         | the device may sign                                                    |
/// | 154     | 1     | tombstoned     | the device was revoked or rotated out, for ever                        |
/// | 155     | 1     | sharing        | its days are settled; else they are recorded                           |
/// | 156     | 1     | community      | shares at the community price; ask and bid are then 0                  |
/// | 157     | 1     | settingsQueued | settings wait for their day                                            |
/// | 158     | 1     | deviceQueued   | another device waits for its day                                       |
/// | 159     | 1     |                | free                                                                   |
/// | 160-167 | 8     | seat           | bit of the meter in announcements, if it shares                        |
/// | 168-183 | 16    | askTicks       | lowest price for its export                                            |
/// | 184-199 | 16    | bidTicks       | highest price for its import, network charge included                  |
/// | 200-255 | 56    | balance        | prepaid, base units of the currency                                    |
///
/// Writers touch only their own lanes: all others survive every change.
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
    uint256 private constant SHARING = 1 << 155;
    uint256 private constant COMMUNITY = 1 << 156;
    uint256 private constant SETTINGS_QUEUED = 1 << 157;
    uint256 private constant DEVICE_QUEUED = 1 << 158;
    uint256 private constant SEAT_SHIFT = 160;
    uint256 private constant ASK_SHIFT = 168;
    uint256 private constant BID_SHIFT = 184;
    uint256 private constant BALANCE_SHIFT = 200;

    uint256 private constant REGISTER_MASK = (1 << 44) - 1;
    uint256 private constant CAP_MASK = (1 << 15) - 1;
    uint256 private constant EXPONENT_MASK = 3;
    uint256 private constant SEAT_MASK = (1 << 8) - 1;
    uint256 private constant TICKS_MASK = (1 << 16) - 1;
    uint256 private constant BALANCE_MASK = (1 << 56) - 1;
    /// @dev What meters of one class of the settlement have in common: unit, flag, limits.
    uint256 private constant CLASS_MASK =
        (EXPONENT_MASK << EXPONENT_SHIFT) | COMMUNITY | (TICKS_MASK << ASK_SHIFT) | (TICKS_MASK << BID_SHIFT);
    uint256 private constant PLAIN_MASK = CLASS_MASK | ACTIVE | TOMBSTONED | SHARING | SETTINGS_QUEUED;
    uint256 private constant SETTINGS_MASK =
        SHARING | COMMUNITY | (SEAT_MASK << SEAT_SHIFT) | (TICKS_MASK << ASK_SHIFT) | (TICKS_MASK << BID_SHIFT);

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

    function isSharing(MeterWord word) internal pure returns (bool) {
        return MeterWord.unwrap(word) & SHARING != 0;
    }

    function isCommunity(MeterWord word) internal pure returns (bool) {
        return MeterWord.unwrap(word) & COMMUNITY != 0;
    }

    function hasSettingsQueued(MeterWord word) internal pure returns (bool) {
        return MeterWord.unwrap(word) & SETTINGS_QUEUED != 0;
    }

    function hasDeviceQueued(MeterWord word) internal pure returns (bool) {
        return MeterWord.unwrap(word) & DEVICE_QUEUED != 0;
    }

    function seat(MeterWord word) internal pure returns (uint8) {
        return uint8(MeterWord.unwrap(word) >> SEAT_SHIFT);
    }

    function askTicks(MeterWord word) internal pure returns (uint16) {
        return uint16(MeterWord.unwrap(word) >> ASK_SHIFT);
    }

    function bidTicks(MeterWord word) internal pure returns (uint16) {
        return uint16(MeterWord.unwrap(word) >> BID_SHIFT);
    }

    function balance(MeterWord word) internal pure returns (uint56) {
        return uint56(MeterWord.unwrap(word) >> BALANCE_SHIFT);
    }

    /// @notice What meters of one class of the settlement have in common: unit, community flag and limits, in their lanes.
    function classKey(MeterWord word) internal pure returns (uint256) {
        return MeterWord.unwrap(word) & CLASS_MASK;
    }

    /// @notice The `classKey` of the words that have this unit and these limits.
    /// @dev Callers have bounded the values: exponent < 4, limits < 2^16.
    function classKeyOf(uint256 exponent, bool community, uint256 ask, uint256 bid) internal pure returns (uint256) {
        return (exponent << EXPONENT_SHIFT) | (community ? COMMUNITY : 0) | (ask << ASK_SHIFT) | (bid << BID_SHIFT);
    }

    /// @notice The word after a recorded or settled day.
    function advance(
        MeterWord word,
        uint256 day,
        uint256 importUnits,
        uint256 exportUnits
    ) internal pure returns (MeterWord) {
        uint256 kept = (MeterWord.unwrap(word) >> METER_SHIFT) << METER_SHIFT;
        return MeterWord.wrap(kept | (day << DAY_SHIFT) | (exportUnits << EXPORT_SHIFT) | importUnits);
    }

    /// @notice Whether the word is of an active device that shares in this class, with no settings queued: one comparison.
    /// @param key A `classKeyOf`.
    function isPlain(MeterWord word, uint256 key) internal pure returns (bool) {
        return MeterWord.unwrap(word) & PLAIN_MASK == key | ACTIVE | SHARING;
    }

    /// @notice The word after a settled day.
    /// @dev Registers are below 2^44. The balance stays within its 56 bits: it covers what is paid, and what is paid out
    /// comes from other balances, which together are below 2^56.
    /// @param payment What the meter pays, negative if it is paid, base units.
    function settled(
        MeterWord word,
        uint256 day,
        uint256 importUnits,
        uint256 exportUnits,
        int256 payment
    ) internal pure returns (MeterWord) {
        // Two's complement: taking off a negative payment adds it, and the highest lane has nothing above to disturb.
        unchecked {
            uint256 paid = MeterWord.unwrap(advance(word, day, importUnits, exportUnits));
            return MeterWord.wrap(paid - (uint256(payment) << BALANCE_SHIFT));
        }
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

    /// @notice The word with another balance.
    /// @dev The caller has bounded it: below 2^56.
    function withBalance(MeterWord word, uint256 balanceBaseUnits) internal pure returns (MeterWord) {
        return
            MeterWord.wrap(
                (MeterWord.unwrap(word) & ~(BALANCE_MASK << BALANCE_SHIFT)) | (balanceBaseUnits << BALANCE_SHIFT)
            );
    }

    function withSettingsQueued(MeterWord word, bool queued) internal pure returns (MeterWord) {
        uint256 others = MeterWord.unwrap(word) & ~SETTINGS_QUEUED;
        return MeterWord.wrap(queued ? others | SETTINGS_QUEUED : others);
    }

    function withDeviceQueued(MeterWord word, bool queued) internal pure returns (MeterWord) {
        uint256 others = MeterWord.unwrap(word) & ~DEVICE_QUEUED;
        return MeterWord.wrap(queued ? others | DEVICE_QUEUED : others);
    }

    /// @notice The word of a meter that shares from now on.
    function withSharing(
        MeterWord word,
        bool community,
        uint8 seatNumber,
        uint16 ask,
        uint16 bid
    ) internal pure returns (MeterWord) {
        return
            MeterWord.wrap(
                (MeterWord.unwrap(word) & ~SETTINGS_MASK) |
                    SHARING |
                    (community ? COMMUNITY : 0) |
                    (uint256(seatNumber) << SEAT_SHIFT) |
                    (uint256(ask) << ASK_SHIFT) |
                    (uint256(bid) << BID_SHIFT)
            );
    }

    /// @notice The word of a meter whose days are recorded from now on: neither seat nor limits stay.
    function withoutSharing(MeterWord word) internal pure returns (MeterWord) {
        return MeterWord.wrap(MeterWord.unwrap(word) & ~SETTINGS_MASK);
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
                unitExponent: unitExponent(word),
                sharing: isSharing(word),
                community: isCommunity(word),
                seat: seat(word),
                settingsQueued: hasSettingsQueued(word),
                deviceQueued: hasDeviceQueued(word),
                askTicks: askTicks(word),
                bidTicks: bidTicks(word),
                balanceBaseUnits: balance(word)
            });
    }
}
