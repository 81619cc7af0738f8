// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {SignedProfile} from "../types/Profiles.sol";
import {Claims, MarketState, SkipReason} from "../types/Settlement.sol";

/// @title Settlement
/// @notice The automatic double auction of sharing meters, a day at a time: announced, contestable for an hour, then
/// settled in one transaction whose optimality the contract verifies. See docs/mechanism.md.
/// @dev Safe: given the set of profiles, one price, volume and payment vector is accepted and no other. Live: after the
/// first hour anyone may settle; what is announced stands still, so a simulated settlement cannot be made to fail; a day
/// that is not settled in its window is void and stops no other.
interface ISettlement {
    /// @notice A closing window opened.
    /// @param bitmap Seats whose meters are settled, without those forced later.
    event DayAnnounced(uint32 indexed day, uint256 bitmap, uint256 closesAt);
    /// @notice The window of a day ran out before. Logged when the next one opens.
    event DayVoid(uint32 indexed day);
    /// @notice A member's profile must be in the settlement.
    event ProfileForced(
        uint32 indexed meter,
        uint32 indexed day,
        address indexed device,
        uint64 importRegister,
        uint64 exportRegister,
        uint256 quality,
        bytes intervals,
        bytes signature
    );
    /// @notice A day was settled. The profiles are in the transaction's input, which is always a top-level call.
    /// @param clearedWh Energy sold and bought, all intervals together.
    /// @param treasuryBaseUnits Network charges and dust of the day.
    /// @param prices As claimed, and proven: 96 x (uint16 low, uint16 high).
    /// @param volumesWh 96 x uint32, big-endian: energy sold and bought per interval.
    /// @param payments Per settled profile, in the order of the batch: uint32 meter, int64 base units the meter paid.
    event DaySettled(
        uint32 indexed day,
        address indexed settler,
        uint256 clearedWh,
        uint256 treasuryBaseUnits,
        bytes prices,
        bytes volumesWh,
        bytes payments
    );
    /// @notice A meter of the announced day was left out, on evidence.
    event MeterSkipped(uint32 indexed meter, uint32 indexed day, SkipReason reason);
    /// @notice A meter bought nothing: its prepaid balance was below its import at its own bid.
    event MeterUnfunded(uint32 indexed meter, uint32 indexed day, uint256 balanceBaseUnits, uint256 neededBaseUnits);
    /// @notice A day of a sharing meter that the settlement missed: registers advance, no energy is shared.
    event LateRecorded(
        uint32 indexed meter,
        uint32 indexed day,
        address indexed device,
        uint64 importRegister,
        uint64 exportRegister,
        uint256 quality,
        uint256 unattributedImportWh,
        uint256 unattributedExportWh,
        bytes intervals,
        bytes signature
    );
    event Paused(address indexed guardian);
    event Unpaused(address indexed governor);

    error InvalidClosingWindow(uint256 seconds_, uint256 least, uint256 most);
    error IsPaused();
    error NotPaused();

    /// @notice Days are announced in order: this one, or the oldest that is not void for want of an announcement.
    error NotNextDay(uint32 day, uint32 expected);
    error WindowNotYet(uint256 opensAt, uint256 timestamp);
    /// @notice No window of that day is open.
    error NoWindow(uint32 day);
    error WindowHasClosed(uint32 day, uint256 closedAt);
    /// @notice The first hour of a window belongs to members who were left out.
    error ForcingHour(uint32 day, uint256 endsAt);
    error ForcingHourOver(uint32 day, uint256 endedAt);
    /// @notice The settings, registers and prepaid balance of a sharing meter stand still until the window closes.
    error StandsStill(uint32 meter, uint32 day, uint256 until);
    /// @notice The meter is in the settlement already.
    error AlreadyIncluded(uint32 meter, uint32 day);
    error NotSharing(uint32 meter, uint32 day);
    /// @notice The day of a sharing meter is settled, not recorded.
    error IsSharing(uint32 meter, uint32 day);
    /// @notice A day can be late only after its window closed, or when it is void.
    error DayStillOpen(uint32 day);

    /// @notice `settleDay` must be the transaction's own call, so that its input can be had from any node.
    error NotTopLevel(address caller);
    error InvalidClaimsLength(uint256 length, uint256 expected);
    /// @notice Something lies above the sides of the 96 intervals.
    error InvalidSides(uint256 sides);
    /// @notice The batch ends inside a profile or class.
    error MalformedBatch(uint256 consumed, uint256 length);
    /// @notice The meter is neither announced nor forced.
    error NotAnnounced(uint32 meter, uint32 day);
    error DuplicateMeter(uint32 meter, uint32 day);
    /// @notice The meter's limits or unit are not those of the class it was put into.
    error WrongClass(uint32 meter);
    /// @notice Announced or forced seats that the batch leaves out.
    error BatchIncomplete(uint256 missing);
    /// @notice A forced meter's profile is not the one that was forced, or they are not in the order of forcing.
    error NotTheForcedProfile(uint32 day);
    /// @notice Nothing on the chain says that the meter may be left out.
    error NoReasonToSkip(uint32 meter, uint32 day);
    // Intervals are named by their index in the day, 0 to 95.
    error PricesCrossed(uint256 interval, uint256 lowTicks, uint256 highTicks);
    /// @notice Supply and demand do meet at the witness.
    error WitnessFails(uint256 interval, uint256 witnessTicks);
    /// @notice Supply and demand do not balance at this price.
    error PriceDoesNotClear(uint256 interval, uint256 priceTicks);
    error NotLowestPrice(uint256 interval, uint256 lowTicks);
    error NotHighestPrice(uint256 interval, uint256 highTicks);
    error NoVolume(uint256 interval);
    error WrongSide(uint256 interval, uint256 claimed, uint256 expected);
    error WrongEffectivePrice(uint256 interval, uint256 claimed, uint256 expected);

    // ---------------------------------------------------------------- the closing window

    /// @notice Opens the closing window of a day that is over: from here on nothing about sharing meters changes until it
    /// is settled or void. Seats where nobody shares are dropped. Role: operator.
    function announce(uint32 day, uint256 bitmap) external;

    /// @notice Puts a profile that the announcement left out into the settlement. Anyone may submit, in the first hour.
    function force(SignedProfile calldata profile) external;

    /// @notice Settles the announced day. After the first hour anyone may.
    /// @param claims What the settler says of the 96 auctions.
    /// @param batch Classes, each followed by its profiles. Class, 7 bytes: uint8 flags (bit 0 community price, bits 1-2
    /// unit exponent), uint16 ask, uint16 bid (both 0 with bit 0), uint16 count. Profile, 461 bytes and more: uint8 flags
    /// (bit 0 P-256, bit 1 quality), uint48 import register, uint48 export register, 32 bytes r, 32 bytes s (secp256k1:
    /// the recovery bit on top), 384 bytes intervals, with bit 1 then 24 bytes quality, with bit 0 then 64 bytes x, y.
    /// Forced profiles are in the order in which they were forced.
    /// @param skipped 20 bytes each: devices of announced meters that are left out on the evidence of their words.
    function settleDay(uint32 day, Claims calldata claims, bytes calldata batch, bytes calldata skipped) external;

    /// @notice Advances the registers of a sharing meter by a day that closed without it. No energy is shared. Not while a
    /// window is open. Anyone may submit.
    function late(SignedProfile calldata profile) external;

    // ---------------------------------------------------------------- pause

    /// @notice Stops announcements, settlements, deposits and funding; an open window runs out. Role: guardian.
    function pause() external;

    /// @notice Role: governor.
    function unpause() external;

    // ---------------------------------------------------------------- views

    function closingWindowSeconds() external view returns (uint256);

    function market() external view returns (MarketState memory);

    /// @notice Seats of the last announced day.
    function announced() external view returns (uint256 bitmap, uint256 forced);

    /// @notice The day that `announce` takes next, and from when on.
    function nextWindow() external view returns (uint32 day, uint256 opensAt);

    /// @notice Whether a day is settled or void, so that it can only be late.
    function isClosed(uint32 day) external view returns (bool);
}
