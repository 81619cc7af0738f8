// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Settings, Tariff} from "../types/Settlement.sol";

/// @title Sharing
/// @notice How a meter takes part in the day settlement. Every change is queued for a day that has not begun.
/// @dev Safe: nothing changes for a day that has begun, nor while a closing window is open. Live: a queued change can be
/// applied by anyone once every earlier day of the meter is consumed or closed.
interface ISharing {
    /// @notice A meter's settings change from `effectiveDay` on; an earlier queued change that this replaces is void.
    event SettingsQueued(
        uint32 indexed meter,
        uint32 indexed effectiveDay,
        bool sharing,
        bool community,
        uint16 askTicks,
        uint16 bidTicks
    );
    /// @notice A meter that will share was given a seat, which it keeps until it stops.
    event SeatTaken(uint32 indexed meter, uint8 seat);
    /// @notice The queued settings are in force.
    event SettingsApplied(
        uint32 indexed meter,
        uint32 indexed effectiveDay,
        bool sharing,
        bool community,
        uint16 askTicks,
        uint16 bidTicks
    );
    /// @notice The device of a sharing meter changes from `effectiveDay` on. `DeviceRotated` follows when it does.
    event DeviceQueued(uint32 indexed meter, uint32 indexed effectiveDay, address oldDevice, address newDevice);
    /// @notice A queued device was replaced by another one, or its meter was closed, before its day.
    event DeviceUnqueued(uint32 indexed meter, address newDevice);
    /// @notice The governor ended a meter's sharing: it may not queue it again.
    event SharingEnded(uint32 indexed meter);
    /// @notice The meter may share again, if its owner wants.
    event SharingAllowed(uint32 indexed meter);
    /// @notice The tariff changes from `effectiveDay` on. Logged for the first day at deployment.
    event TariffQueued(uint32 indexed effectiveDay, uint16 communityPriceTicks, uint16 networkChargeTicks);

    /// @notice With the community flag both limits are 0, and so are all three without sharing.
    error InvalidSettings(bool sharing, bool community, uint16 askTicks, uint16 bidTicks);
    /// @notice The governor ended this meter's sharing.
    error MayNotShare(uint32 meter);
    /// @notice The governor did not end this meter's sharing.
    error MayShare(uint32 meter);
    /// @notice The queued change's day has begun: it must be applied before another is queued.
    error ChangeHasBegun(uint32 meter, uint32 effectiveDay, uint32 today);
    /// @notice At most 32 pairs of limits exist at a time, the community price among them.
    /// @param existing The others: ask x 2^16 + bid.
    error TooManyLimitClasses(uint32[] existing);
    /// @notice 256 meters share already, or as many as fit one transaction with their devices' signatures.
    error NeighbourhoodFull(uint256 sharingMeters, uint256 settlementBytes, uint256 limitBytes);
    error CommunityPriceTooHigh(uint256 communityPriceTicks, uint256 networkChargeTicks, uint256 maxSumTicks);
    /// @notice The tariff can change from the day after tomorrow on at the earliest.
    error TariffDayNotAhead(uint32 effectiveDay, uint32 today);
    /// @notice A queued tariff has begun, and a day before it is neither settled nor void.
    error TariffPending(uint32 effectiveDay);

    /// @notice Queues new settings for a meter the caller owns, from tomorrow (UTC) on.
    function setSettings(uint32 meter, Settings calldata settings) external;

    /// @notice `setSettings` on the signature of the meter's owner, relayed by anyone.
    /// @dev Signed: `SetSettings(uint32 meter,bool sharing,bool community,uint16 askTicks,uint16 bidTicks,uint256 nonce,uint256 deadline)`.
    function setSettingsBySig(
        uint32 meter,
        Settings calldata settings,
        uint256 deadline,
        bytes calldata signature
    ) external;

    /// @notice Queues the end of sharing for a meter, from tomorrow on, and keeps it from sharing until it is allowed again:
    /// the answer to habitual lateness, unfunded or unattributed days. Role: governor.
    function endSharing(uint32 meter) external;

    /// @notice Lets the owner of a meter whose sharing was ended queue it again. Role: governor.
    function allowSharing(uint32 meter) external;

    /// @notice Applies the queued changes of these meters that are due: no closing window is open, the effective day has
    /// begun, and every earlier day is consumed by the meter, or settled or void for all. Others are left as they are.
    function applyChanges(uint32[] calldata meters) external;

    /// @notice Queues the community price and the network charge, from the day after tomorrow on at the earliest: whoever does
    /// not want them has a whole day to set limits of their own. Role: governor.
    function setTariff(uint32 effectiveDay, Tariff calldata tariff) external;

    /// @notice The queued settings of a meter; `effectiveDay` is 0 if there are none.
    function queuedSettings(uint32 meter) external view returns (uint32 effectiveDay, Settings memory settings);

    /// @notice The queued device of a meter; `effectiveDay` is 0 if there is none.
    function queuedDevice(uint32 meter) external view returns (uint32 effectiveDay, address device);

    /// @notice The tariff of a day. Right for days that are not closed; of older ones tell the `TariffQueued` events.
    function tariffOf(uint32 day) external view returns (Tariff memory);

    /// @notice Limit pairs that exist besides the community price: ask x 2^16 + bid, each.
    function limitClasses() external view returns (uint32[] memory);

    /// @notice Seats of the meters that share now; see `DeviceState.seat`.
    function seats() external view returns (uint256 bitmap);
}
