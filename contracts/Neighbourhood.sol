// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

import {EnergyToken} from "./EnergyToken.sol";
import {SignedActions} from "./SignedActions.sol";
import {IDeviceRegistry} from "./interfaces/IDeviceRegistry.sol";
import {IEnergyToken} from "./interfaces/IEnergyToken.sol";
import {INeighbourhood} from "./interfaces/INeighbourhood.sol";
import {Calendar} from "./libraries/Calendar.sol";
import {DayLanes} from "./libraries/DayLanes.sol";
import {MeterWord, MeterWords} from "./libraries/MeterWords.sol";
import {Places} from "./libraries/Places.sol";
import {Quality} from "./libraries/Quality.sol";
import {RemainingImports} from "./libraries/RemainingImports.sol";
import {RetirementHash} from "./libraries/RetirementHash.sol";
import {
    Custody,
    DeviceRegistration,
    DeviceState,
    EnergySource,
    KeyType,
    Meter,
    MeterKind,
    MeterRegistration
} from "./types/Meters.sol";
import {EnergyRange, Retirement, SignedProfile} from "./types/Profiles.sol";

/// @title Neighbourhood
/// @notice See {INeighbourhood}.
contract Neighbourhood is INeighbourhood, AccessManaged, SignedActions, ReentrancyGuardTransient {
    /// @dev One slot.
    struct Member {
        bool admitted;
        uint32 meters; // how many the member owns
    }

    /// @dev What recording never reads; owner and unit are the token's.
    struct MeterFacts {
        // slot 0
        address device; // current, or the last one when revoked
        MeterKind kind;
        EnergySource source;
        Custody custody;
        KeyType keyType;
        uint16 capUnits; // for the first device; afterwards its word has the cap
        bool closed; // takes no device any more
        // slot 1
        bytes32 place;
    }

    bytes32 private constant PROFILE_TYPEHASH = keccak256(
        "DayProfile(uint32 day,uint64 importRegister,uint64 exportRegister,uint256 quality,bytes32 intervals)"
    );
    bytes32 private constant REVOKE_TYPEHASH = keccak256("RevokeDevice(uint32 meter,uint256 nonce,uint256 deadline)");
    uint8 private constant MAX_UNIT_EXPONENT = 2;
    uint256 private constant RING_DAYS = 32;
    /// @dev More than the dearest profile can use, see the gas snapshot.
    uint256 private constant GAS_PER_PROFILE = 700_000;

    /// @inheritdoc INeighbourhood
    IEnergyToken public immutable override token;
    /// @inheritdoc INeighbourhood
    IDeviceRegistry public immutable override deviceRegistry;
    uint256 private immutable _retirementWindowDays;

    mapping(address device => MeterWord) private _words;
    mapping(uint32 meter => MeterFacts) private _facts;
    mapping(uint32 meter => bytes32[RING_DAYS]) private _remainingImports;
    mapping(address account => Member) private _members;

    constructor(
        address authority,
        IDeviceRegistry registry,
        uint256 windowDays
    ) AccessManaged(authority) EIP712("Commonwatt", "1") {
        require(authority.code.length != 0, NotAContract(authority));
        require(address(registry).code.length != 0, NotAContract(address(registry)));
        token = new EnergyToken(windowDays);
        deviceRegistry = registry;
        _retirementWindowDays = windowDays;
    }

    // ---------------------------------------------------------------- members and meters (governed)

    /// @inheritdoc INeighbourhood
    function admitMember(address member) external override restricted {
        require(member != address(0), InvalidOwner(member));
        require(!_members[member].admitted, AlreadyMember(member));

        _members[member].admitted = true;

        emit MemberAdmitted(member);
    }

    /// @inheritdoc INeighbourhood
    function removeMember(address member) external override restricted {
        Member storage facts = _members[member];
        require(facts.admitted, NotMember(member));
        require(facts.meters == 0, MemberOwnsMeters(member, facts.meters));

        delete _members[member];

        emit MemberRemoved(member);
    }

    /// @inheritdoc INeighbourhood
    function registerMeter(MeterRegistration calldata registration) external override restricted {
        uint32 number = registration.meter;
        require(number != 0, InvalidMeterNumber(number));
        (address registered, ) = token.issuer(number);
        require(registered == address(0), MeterAlreadyRegistered(number));
        require(_members[registration.owner].admitted, NotMember(registration.owner));
        require(registration.unitExponent <= MAX_UNIT_EXPONENT, InvalidUnitExponent(registration.unitExponent));
        require(Places.isValid(registration.place), InvalidPlace(registration.place));

        MeterFacts storage facts = _facts[number];
        facts.kind = registration.kind;
        facts.source = registration.source;
        facts.capUnits = _toCapUnits(registration.capWh, registration.unitExponent);
        facts.place = registration.place;
        ++_members[registration.owner].meters;

        emit MeterRegistered(
            number,
            registration.owner,
            registration.kind,
            registration.source,
            registration.unitExponent,
            registration.capWh,
            registration.place
        );

        token.admitIssuer(number, registration.owner, registration.unitExponent);
    }

    /// @inheritdoc INeighbourhood
    function setCap(uint32 number, uint32 capWh) external override restricted {
        (, uint8 unitExponent) = _issuer(number);
        MeterFacts storage facts = _facts[number];
        uint16 capUnits = _toCapUnits(capWh, unitExponent);

        facts.capUnits = capUnits;
        address device = facts.device;
        if (device != address(0)) _words[device] = _words[device].withCap(capUnits);

        emit CapChanged(number, capWh);
    }

    /// @inheritdoc INeighbourhood
    function closeMeter(uint32 number) external override restricted {
        (address owner, ) = _issuer(number);
        MeterFacts storage facts = _openFacts(number);

        facts.closed = true;
        --_members[owner].meters;

        emit MeterClosed(number);

        if (_words[facts.device].isActive()) _revoke(number);
    }

    // ---------------------------------------------------------------- devices

    /// @inheritdoc INeighbourhood
    function registerDevice(DeviceRegistration calldata registration) external override restricted {
        uint32 number = registration.meter;
        (, uint8 unitExponent) = _issuer(number);
        MeterFacts storage facts = _openFacts(number);
        require(facts.device == address(0), MeterHasDevice(number, facts.device));
        _checkRegister(registration.importRegister);
        _checkRegister(registration.exportRegister);

        _install(
            registration,
            MeterWords.open(
                number,
                facts.capUnits,
                unitExponent,
                // The current day may be the first one recorded.
                SafeCast.toUint16(Calendar.today() - 1),
                registration.importRegister,
                registration.exportRegister
            )
        );
    }

    /// @inheritdoc INeighbourhood
    function rotateDevice(DeviceRegistration calldata registration) external override restricted {
        uint32 number = registration.meter;
        address oldDevice = _deviceOf(number);
        _openFacts(number);
        MeterWord word = _words[oldDevice];
        require(
            registration.importRegister == word.importRegister() &&
                registration.exportRegister == word.exportRegister(),
            StaleOpeningRegisters(
                registration.importRegister,
                registration.exportRegister,
                word.importRegister(),
                word.exportRegister()
            )
        );

        _words[oldDevice] = MeterWords.tombstone(number);

        emit DeviceRotated(number, oldDevice, registration.device);

        if (word.isActive()) deviceRegistry.release(oldDevice);
        _install(registration, word.activated());
    }

    /// @inheritdoc INeighbourhood
    function revokeDevice(uint32 number) external override restricted {
        _revoke(number);
    }

    /// @inheritdoc INeighbourhood
    function revokeMyDevice(uint32 number) external override {
        (address owner, ) = _issuer(number);
        require(owner == msg.sender, NotMeterOwner(number, owner, msg.sender));

        _revoke(number);
    }

    /// @inheritdoc INeighbourhood
    function revokeMyDeviceBySig(uint32 number, uint256 deadline, bytes calldata signature) external override {
        (address owner, ) = _issuer(number);
        bytes32 content = keccak256(abi.encode(REVOKE_TYPEHASH, number, _useNonce(owner), deadline));
        _checkSignature(owner, content, deadline, signature);

        _revoke(number);
    }

    /// @inheritdoc INeighbourhood
    function rebaseRegisters(
        uint32 number,
        uint64 importRegister,
        uint64 exportRegister,
        string calldata reason
    ) external override restricted {
        address device = _deviceOf(number);
        _checkRegister(importRegister);
        _checkRegister(exportRegister);
        MeterWord word = _words[device];

        // A delivered day that is not recorded yet counts from the old counter: it can no longer be told from the new one.
        _words[device] = word.rebase(importRegister, exportRegister).closedThrough(Calendar.today() - 1);

        emit RegistersRebased(
            number,
            word.importRegister(),
            word.exportRegister(),
            importRegister,
            exportRegister,
            reason
        );
    }

    // ---------------------------------------------------------------- recording

    /// @inheritdoc INeighbourhood
    function record(SignedProfile calldata profile) external override nonReentrant {
        bytes calldata intervals = profile.intervals;
        bytes calldata signature = profile.signature;
        uint32 day = profile.day;
        uint64 importRegister = profile.importRegister;
        uint64 exportRegister = profile.exportRegister;
        uint256 quality = profile.quality;

        address device = _recoverDevice(
            keccak256(abi.encode(PROFILE_TYPEHASH, day, importRegister, exportRegister, quality, keccak256(intervals))),
            signature
        );
        MeterWord word = _words[device];
        uint32 number = word.meter();
        require(number != 0, UnknownDevice(device));
        require(word.isActive(), DeviceTombstoned(device, number));
        _checkDay(day, word.lastDay());
        uint256 importIncrease = _increase(importRegister, word.importRegister());
        uint256 exportIncrease = _increase(exportRegister, word.exportRegister());
        (uint256 importUnits, uint256 exportUnits) = _checkIntervals(day, quality, intervals, word.capUnits());
        require(importUnits <= importIncrease, IntervalsExceedRegister(importUnits, importIncrease));
        require(exportUnits <= exportIncrease, IntervalsExceedRegister(exportUnits, exportIncrease));
        bool mintable = block.timestamp < Calendar.windowEnd(day, _retirementWindowDays);
        uint256 unitWh = _unitWh(word.unitExponent());

        _words[device] = word.advance(day, importRegister, exportRegister);
        if (mintable) _keepImports(number, day, intervals, importUnits);

        emit ProfileRecorded(
            number,
            day,
            device,
            importRegister,
            exportRegister,
            quality,
            (importIncrease - importUnits) * unitWh,
            (exportIncrease - exportUnits) * unitWh,
            intervals,
            signature
        );
        if (!mintable) emit ProfileRecordedTooLate(number, day, exportUnits * unitWh);

        if (mintable && exportUnits != 0) token.mintDay(number, day, intervals);
    }

    /// @inheritdoc INeighbourhood
    function recordMany(SignedProfile[] calldata profiles) external override returns (uint256 recorded) {
        // From inside `record` every profile would be skipped instead of refused.
        require(!_reentrancyGuardEntered(), ReentrancyGuardReentrantCall());

        for (uint256 i = 0; i < profiles.length; ++i) {
            require(gasleft() >= GAS_PER_PROFILE, InsufficientGas(gasleft(), GAS_PER_PROFILE));
            try this.record(profiles[i]) {
                ++recorded;
            } catch (bytes memory reason) {
                emit ProfileSkipped(i, profiles[i].day, reason);
            }
        }
    }

    // ---------------------------------------------------------------- using energy

    /// @inheritdoc INeighbourhood
    function retire(Retirement calldata retirement) external override {
        (address owner, uint8 unitExponent) = _issuer(retirement.meter);
        require(owner == msg.sender, NotMeterOwner(retirement.meter, owner, msg.sender));

        _retire(retirement, owner, unitExponent);
    }

    /// @inheritdoc INeighbourhood
    function retireBySig(Retirement calldata retirement, uint256 deadline, bytes calldata signature) external override {
        (address owner, uint8 unitExponent) = _issuer(retirement.meter);
        _checkSignature(owner, RetirementHash.hash(retirement, _useNonce(owner), deadline), deadline, signature);

        _retire(retirement, owner, unitExponent);
    }

    // ---------------------------------------------------------------- views

    /// @inheritdoc INeighbourhood
    function isMember(address account) external view override returns (bool) {
        return _members[account].admitted;
    }

    /// @inheritdoc INeighbourhood
    function meter(uint32 number) external view override returns (Meter memory) {
        (address owner, uint8 unitExponent) = _issuer(number);
        MeterFacts storage facts = _facts[number];
        return
            Meter({
                owner: owner,
                device: facts.device,
                kind: facts.kind,
                source: facts.source,
                custody: facts.custody,
                keyType: facts.keyType,
                closed: facts.closed,
                unitExponent: unitExponent,
                place: facts.place
            });
    }

    /// @inheritdoc INeighbourhood
    function deviceState(address device) external view override returns (DeviceState memory) {
        return _words[device].toState();
    }

    /// @inheritdoc INeighbourhood
    function remainingImportsHash(uint32 number, uint32 day) external view override returns (bytes32) {
        if (block.timestamp >= Calendar.windowEnd(day, _retirementWindowDays)) return 0;
        // What the slot holds before the day is recorded is of an earlier day.
        if (day > _words[_facts[number].device].lastDay()) return 0;
        return _remainingImports[number][day % RING_DAYS];
    }

    // ---------------------------------------------------------------- meters and devices, inside

    function _issuer(uint32 number) private view returns (address owner, uint8 unitExponent) {
        (owner, unitExponent) = token.issuer(number);
        require(owner != address(0), UnknownMeter(number));
    }

    function _openFacts(uint32 number) private view returns (MeterFacts storage facts) {
        facts = _facts[number];
        require(!facts.closed, MeterIsClosed(number));
    }

    /// @dev The current device, or the last one when revoked.
    function _deviceOf(uint32 number) private view returns (address device) {
        _issuer(number);
        device = _facts[number].device;
        require(device != address(0), MeterHasNoDevice(number));
    }

    /// @dev Devices active here are exactly those the registry holds for this contract.
    function _install(DeviceRegistration calldata registration, MeterWord word) private {
        address device = registration.device;
        uint32 number = registration.meter;
        require(!_words[device].isTombstoned(), DeviceTombstoned(device, _words[device].meter()));

        // The registry calls nobody. What it knows must be in the word: a day may have been recorded elsewhere up to the one
        // before the release.
        uint256 releasedDay = deviceRegistry.claim(registration);
        _words[device] = releasedDay == 0 ? word : word.closedThrough(releasedDay - 1);
        MeterFacts storage facts = _facts[number];
        facts.device = device;
        facts.custody = registration.custody;
        facts.keyType = registration.keyType;

        emit DeviceRegistered(
            number,
            device,
            registration.keyType,
            registration.custody,
            registration.importRegister,
            registration.exportRegister
        );
    }

    function _revoke(uint32 number) private {
        address device = _deviceOf(number);
        MeterWord word = _words[device];
        require(word.isActive(), DeviceTombstoned(device, number));

        _words[device] = word.revoked();

        emit DeviceRevoked(number, device);

        deviceRegistry.release(device);
    }

    function _toCapUnits(uint32 capWh, uint8 unitExponent) private pure returns (uint16) {
        uint256 unitWh = _unitWh(unitExponent);
        uint256 maxWh = DayLanes.MAX_UNITS * unitWh;
        require(
            capWh != 0 && capWh % unitWh == 0 && capWh <= maxWh,
            InvalidCap(capWh, SafeCast.toUint32(unitWh), SafeCast.toUint32(maxWh))
        );
        return SafeCast.toUint16(capWh / unitWh);
    }

    function _unitWh(uint8 unitExponent) private pure returns (uint256) {
        return 10 ** uint256(unitExponent);
    }

    // ---------------------------------------------------------------- checks of a profile

    function _recoverDevice(bytes32 content, bytes calldata signature) private view returns (address) {
        (address device, ECDSA.RecoverError problem, ) = ECDSA.tryRecoverCalldata(_hashTypedDataV4(content), signature);
        require(problem == ECDSA.RecoverError.NoError, MalformedSignature(signature.length));
        return device;
    }

    /// @dev A day that is over fits 16 bits until the year 2149; the cast says so then.
    function _checkDay(uint32 day, uint16 lastDay) private view {
        uint256 endsAt = Calendar.endOf(day);
        require(block.timestamp >= endsAt, DayNotOver(day, endsAt, block.timestamp));
        require(SafeCast.toUint16(day) > lastDay, DayNotAfterLast(day, lastDay));
    }

    function _increase(uint64 register, uint64 previous) private pure returns (uint256) {
        _checkRegister(register);
        require(register >= previous, RegisterBackwards(register, previous));
        return register - previous;
    }

    function _checkRegister(uint64 register) private pure {
        require(register < MeterWords.REGISTER_LIMIT, RegisterOutOfRange(register, MeterWords.REGISTER_LIMIT));
    }

    function _checkIntervals(
        uint32 day,
        uint256 quality,
        bytes calldata intervals,
        uint256 capUnits
    ) private pure returns (uint256 importUnits, uint256 exportUnits) {
        require(intervals.length == DayLanes.LENGTH, InvalidIntervalsLength(intervals.length, DayLanes.LENGTH));
        bool withinCap;
        (withinCap, importUnits, exportUnits) = DayLanes.scan(intervals, capUnits);
        if (!withinCap) _revertAboveCap(day, intervals, capUnits);
        require(Quality.isValid(quality), InvalidQuality(quality));
        if (Quality.hasMissing(quality)) _checkMissing(day, quality, intervals);
    }

    /// @dev Names the first interval above the cap.
    function _revertAboveCap(uint32 day, bytes calldata intervals, uint256 capUnits) private pure {
        for (uint256 i = 0; i < Calendar.INTERVALS_PER_DAY; ++i) {
            (uint256 importUnits, uint256 exportUnits) = DayLanes.at(intervals, i);
            uint256 units = importUnits > exportUnits ? importUnits : exportUnits;
            require(units <= capUnits, IntervalAboveCap(Calendar.intervalOf(day, i), units, capUnits));
        }
    }

    function _checkMissing(uint32 day, uint256 quality, bytes calldata intervals) private pure {
        for (uint256 i = 0; i < Calendar.INTERVALS_PER_DAY; ++i) {
            if (!Quality.isMissing(quality, i)) continue;
            (uint256 importUnits, uint256 exportUnits) = DayLanes.at(intervals, i);
            uint256 units = importUnits + exportUnits;
            require(units == 0, MissingIntervalNotZero(Calendar.intervalOf(day, i), units));
        }
    }

    // ---------------------------------------------------------------- remaining imports

    function _keepImports(uint32 number, uint32 day, bytes calldata intervals, uint256 importUnits) private {
        bytes32[RING_DAYS] storage ring = _remainingImports[number];
        uint256 slot = day % RING_DAYS;
        if (importUnits != 0)
            ring[slot] = DayLanes.hashImports(intervals, day);
            // A meter that never imports keeps an empty ring.
        else if (ring[slot] != 0) ring[slot] = 0;
    }

    function _retire(Retirement calldata retirement, address owner, uint8 unitExponent) private {
        uint32 day = retirement.day;
        uint256 closedAt = Calendar.windowEnd(day, _retirementWindowDays);
        require(block.timestamp < closedAt, RetirementWindowClosed(day, closedAt));
        bytes32[RING_DAYS] storage ring = _remainingImports[retirement.meter];
        bytes memory remaining = retirement.remainingImports;
        require(
            remaining.length == RemainingImports.LENGTH &&
                RemainingImports.hash(remaining, day) == ring[day % RING_DAYS],
            StaleRemainingImports(retirement.meter, day)
        );
        uint256 energyWh = _subtract(remaining, retirement.ranges, day, _unitWh(unitExponent));
        require(energyWh != 0, NothingToRetire());

        ring[day % RING_DAYS] =
            RemainingImports.isEmpty(remaining) ? bytes32(0) : RemainingImports.hash(remaining, day);

        emit Retired(retirement.meter, day, owner, energyWh, remaining);

        for (uint256 i = 0; i < retirement.ranges.length; ++i) {
            EnergyRange calldata range = retirement.ranges[i];
            token.burnRange(owner, range.meter, range.firstInterval, range.energyWh);
        }
    }

    /// @dev Takes the ranges off the vector in place and returns their energy. Tokens of several meters may share an
    /// interval: what must fit the importing meter's unit is their sum.
    function _subtract(
        bytes memory remaining,
        EnergyRange[] calldata ranges,
        uint32 day,
        uint256 unitWh
    ) private pure returns (uint256 sumWh) {
        uint256 dayStart = Calendar.intervalOf(day, 0);
        uint256[] memory takenWh = new uint256[](Calendar.INTERVALS_PER_DAY);
        uint256 low = Calendar.INTERVALS_PER_DAY;
        uint256 end = 0;
        for (uint256 r = 0; r < ranges.length; ++r) {
            uint32[] calldata energies = ranges[r].energyWh;
            if (energies.length == 0) continue;
            uint256 first = ranges[r].firstInterval;
            uint256 dayEnd = dayStart + Calendar.INTERVALS_PER_DAY;
            // The first interval outside is named.
            require(first >= dayStart, IntervalOutsideDay(first, day));
            require(first + energies.length <= dayEnd, IntervalOutsideDay(first > dayEnd ? first : dayEnd, day));
            uint256 offset = first - dayStart;
            for (uint256 i = 0; i < energies.length; ++i) takenWh[offset + i] += energies[i];
            if (offset < low) low = offset;
            if (offset + energies.length > end) end = offset + energies.length;
        }
        for (uint256 i = low; i < end; ++i) {
            uint256 energyWh = takenWh[i];
            if (energyWh == 0) continue;
            require(energyWh % unitWh == 0, NotMultipleOfUnit(energyWh, unitWh));
            uint256 remainingWh = RemainingImports.units(remaining, i) * unitWh;
            require(energyWh <= remainingWh, RetirementExceedsImport(dayStart + i, energyWh, remainingWh));
            RemainingImports.set(remaining, i, (remainingWh - energyWh) / unitWh);
            sumWh += energyWh;
        }
    }
}
