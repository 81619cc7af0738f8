// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {
    Custody,
    DeviceRegistration,
    DeviceState,
    EnergySource,
    KeyType,
    Meter,
    MeterKind,
    MeterRegistration
} from "../types/Meters.sol";
import {Retirement, SignedProfile} from "../types/Profiles.sol";
import {IAccounts} from "./IAccounts.sol";
import {IDeviceRegistry} from "./IDeviceRegistry.sol";
import {IEnergyToken} from "./IEnergyToken.sol";
import {ISettlement} from "./ISettlement.sol";
import {ISharing} from "./ISharing.sol";
import {ISignedActions} from "./ISignedActions.sol";

/// @title Neighbourhood
/// @notice One local market: its members, meters and devices, and the record of what the meters measured.
/// @dev What keeps it safe: a day of a meter is consumed at most once, and only by a profile its device signed for this
/// contract on this chain; registers never decrease except by a governed, logged rebase; tokens are minted only out of
/// signed export and retired only against signed import of the same interval.
/// What keeps it live: anyone may submit a signed profile; one bad profile or refusing receiver never stops a batch.
interface INeighbourhood is ISignedActions, IAccounts, ISharing, ISettlement {
    event MemberAdmitted(address indexed member);
    event MemberRemoved(address indexed member);
    event MeterRegistered(
        uint32 indexed meter,
        address indexed owner,
        MeterKind kind,
        EnergySource source,
        uint8 unitExponent,
        uint32 capWh,
        bytes32 place
    );
    event MeterClosed(uint32 indexed meter);
    event CapChanged(uint32 indexed meter, uint32 capWh);
    event DeviceRegistered(
        uint32 indexed meter,
        address indexed device,
        KeyType keyType,
        Custody custody,
        uint64 importRegister,
        uint64 exportRegister
    );
    event DeviceRevoked(uint32 indexed meter, address indexed device);
    event DeviceRotated(uint32 indexed meter, address indexed oldDevice, address indexed newDevice);
    /// @notice A meter-day was recorded. Carries everything an auditor needs to verify the device's signature again.
    /// @param unattributedImportWh Register increase that no interval accounts for: recorded, never dropped.
    /// @param unattributedExportWh As above, for export.
    event ProfileRecorded(
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
    /// @notice The day was recorded after the retirement window: its export was not minted, its import cannot be covered.
    event ProfileRecordedTooLate(uint32 indexed meter, uint32 indexed day, uint256 exportWh);
    /// @notice A profile of a batch was left out, with the error `record` would have reverted with. Nothing of it happened.
    event ProfileSkipped(uint256 indexed index, uint32 indexed day, bytes reason);
    /// @notice Tokens were used against signed imports.
    /// @param remainingImports What is left of the day's import after this: the vector the next retirement must supply.
    event Retired(
        uint32 indexed meter,
        uint32 indexed day,
        address indexed account,
        uint256 energyWh,
        bytes remainingImports
    );
    event RegistersRebased(
        uint32 indexed meter,
        uint64 oldImportRegister,
        uint64 oldExportRegister,
        uint64 newImportRegister,
        uint64 newExportRegister,
        string reason
    );

    error NotAContract(address account);
    error AlreadyMember(address account);
    error NotMember(address account);
    error MemberOwnsMeters(address member, uint256 meters);
    error MeterAlreadyRegistered(uint32 meter);
    error UnknownMeter(uint32 meter);
    error MeterIsClosed(uint32 meter);
    error InvalidMeterNumber(uint32 meter);
    error InvalidUnitExponent(uint8 unitExponent);
    error InvalidCap(uint32 capWh, uint32 unitWh, uint32 maxWh);
    error InvalidOwner(address owner);
    error MeterHasDevice(uint32 meter, address device);
    error MeterHasNoDevice(uint32 meter);
    /// @notice The label is not printable ASCII followed by zeros only, or it is empty.
    error InvalidPlace(bytes32 place);
    /// @notice A batch needs this much gas in front of each profile, so that scarce gas is never taken for a bad profile.
    error InsufficientGas(uint256 available, uint256 needed);

    /// @notice The key that signed is no device of this neighbourhood: a forged profile, or one of another chain or neighbourhood.
    error UnknownDevice(address recovered);
    /// @notice The device was revoked or rotated out, here and for ever.
    error DeviceTombstoned(address device, uint32 meter);
    /// @notice Not 65 bytes, high s, or no key recovers.
    error MalformedSignature(uint256 length);
    error StaleOpeningRegisters(
        uint64 importRegister,
        uint64 exportRegister,
        uint64 currentImport,
        uint64 currentExport
    );
    error DayNotOver(uint32 day, uint256 endsAt, uint256 timestamp);
    error DayNotAfterLast(uint32 day, uint32 lastDay);
    error RegisterOutOfRange(uint64 register, uint64 limit);
    error RegisterBackwards(uint64 register, uint64 previous);
    error InvalidIntervalsLength(uint256 length, uint256 expected);
    error IntervalAboveCap(uint256 interval, uint256 units, uint256 capUnits);
    error InvalidQuality(uint256 quality);
    error MissingIntervalNotZero(uint256 interval, uint256 units);
    error IntervalsExceedRegister(uint256 sumUnits, uint256 increaseUnits);

    error NotMeterOwner(uint32 meter, address owner, address caller);
    error RetirementWindowClosed(uint32 day, uint256 closedAt);
    /// @notice The vector is not the current one of that meter and day.
    error StaleRemainingImports(uint32 meter, uint32 day);
    error IntervalOutsideDay(uint256 interval, uint32 day);
    error RetirementExceedsImport(uint256 interval, uint256 energyWh, uint256 remainingWh);
    error NotMultipleOfUnit(uint256 energyWh, uint256 unitWh);
    error NothingToRetire();

    // ---------------------------------------------------------------- members and meters (governed)

    /// @notice Lets `member` own meters here. Role: operator.
    function admitMember(address member) external;

    /// @notice Ends a membership. The member must own no meter that is not closed. Role: operator.
    function removeMember(address member) external;

    /// @notice Adds a metering point. Its number, owner and unit are for ever: when a home changes hands, its meter is
    /// closed and a new number registered for the new owner. Role: operator.
    function registerMeter(MeterRegistration calldata registration) external;

    /// @notice Ends a meter: its device is revoked and it takes no other. Its tokens, signed imports and prepaid balance stay
    /// the owner's. Not while a closing window is open, if the meter shares. Role: operator.
    function closeMeter(uint32 meter) external;

    /// @notice Sets the cap of a meter for every day that is not recorded yet, delivered ones included. Role: governor.
    /// @param capWh Most energy in either direction per interval, a multiple of the meter's unit.
    function setCap(uint32 meter, uint32 capWh) external;

    // ---------------------------------------------------------------- devices

    /// @notice Gives a meter its first device. Days from the current one on can be recorded. Role: operator.
    function registerDevice(DeviceRegistration calldata registration) external;

    /// @notice Replaces a meter's device (active or revoked): the state moves, the old key is tombstoned for ever.
    /// The opening registers must equal the meter's current ones. The active device of a sharing meter is replaced from
    /// tomorrow on, see `applyChanges`; a revoked one at once, with every delivered day closed. Role: operator.
    function rotateDevice(DeviceRegistration calldata registration) external;

    /// @notice Ends a device at once; a day that is announced already is still settled. Role: guardian.
    function revokeDevice(uint32 meter) external;

    /// @notice Ends the device of a meter the caller owns, at once.
    function revokeMyDevice(uint32 meter) external;

    /// @notice `revokeMyDevice` on the signature of the meter's owner, relayed by anyone.
    /// @dev Signed: `RevokeDevice(uint32 meter,uint256 nonce,uint256 deadline)`.
    function revokeMyDeviceBySig(uint32 meter, uint256 deadline, bytes calldata signature) external;

    /// @notice Sets the registers of a meter whose counter was lost or replaced. Shown in the audit. Delivered days that are
    /// not recorded yet count from the old counter: they are closed, so record them first. Role: governor.
    function rebaseRegisters(
        uint32 meter,
        uint64 importRegister,
        uint64 exportRegister,
        string calldata reason
    ) external;

    // ---------------------------------------------------------------- recording

    /// @notice Records one meter-day and mints its export to the meter's owner. Anyone may submit. Days on which the meter
    /// shares are settled instead.
    function record(SignedProfile calldata profile) external;

    /// @notice Records many meter-days. A profile that cannot be recorded is skipped with an event.
    /// @return recorded How many were recorded.
    function recordMany(SignedProfile[] calldata profiles) external returns (uint256 recorded);

    // ---------------------------------------------------------------- using energy

    /// @notice Burns the caller's tokens against the import of a meter the caller owns, interval by interval.
    function retire(Retirement calldata retirement) external;

    /// @notice `retire` on the signature of the meter's owner, relayed by anyone.
    /// @dev Signed: `Retire(uint32 meter,uint32 day,bytes remainingImports,EnergyRange[] ranges,uint256 nonce,uint256 deadline)`
    /// with `EnergyRange(uint32 meter,uint32 firstInterval,uint32[] energyWh)`.
    function retireBySig(Retirement calldata retirement, uint256 deadline, bytes calldata signature) external;

    // ---------------------------------------------------------------- views

    function token() external view returns (IEnergyToken);

    function deviceRegistry() external view returns (IDeviceRegistry);

    function isMember(address account) external view returns (bool);

    /// @notice A registered meter; reverts with `UnknownMeter` otherwise.
    function meter(uint32 number) external view returns (Meter memory);

    /// @notice State of a device; all zero for a stranger.
    function deviceState(address device) external view returns (DeviceState memory);

    /// @notice Hash of the remaining imports of a meter-day: keccak256(abi.encodePacked(uint32 day, 192 bytes)); zero when
    /// nothing is left, nothing was recorded, or the window closed. For a day that was skipped it may be the hash of the
    /// day that had its place before, which no vector of this day matches.
    function remainingImportsHash(uint32 meter, uint32 day) external view returns (bytes32);
}
