// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

import {EnergyToken} from "./EnergyToken.sol";
import {SignedActions} from "./SignedActions.sol";
import {IAccounts} from "./interfaces/IAccounts.sol";
import {IDeviceRegistry} from "./interfaces/IDeviceRegistry.sol";
import {IEnergyToken} from "./interfaces/IEnergyToken.sol";
import {INeighbourhood} from "./interfaces/INeighbourhood.sol";
import {ISettlement} from "./interfaces/ISettlement.sol";
import {ISharing} from "./interfaces/ISharing.sol";
import {Accounts} from "./libraries/Accounts.sol";
import {Calendar} from "./libraries/Calendar.sol";
import {DayLanes} from "./libraries/DayLanes.sol";
import {Devices} from "./libraries/Devices.sol";
import {Host} from "./libraries/Host.sol";
import {Members} from "./libraries/Members.sol";
import {MeterBook} from "./libraries/MeterBook.sol";
import {MeterWord} from "./libraries/MeterWords.sol";
import {Profiles} from "./libraries/Profiles.sol";
import {RemainingImports} from "./libraries/RemainingImports.sol";
import {RetirementHash} from "./libraries/RetirementHash.sol";
import {Sharing} from "./libraries/Sharing.sol";
import {Tariffs} from "./libraries/Tariffs.sol";
import {WindowRules} from "./libraries/WindowRules.sol";
import {Windows} from "./libraries/Windows.sol";
import {DaySettlement} from "./libraries/settlement/DaySettlement.sol";
import {DeviceRegistration, DeviceState, Meter, MeterRegistration} from "./types/Meters.sol";
import {CurrencyPermit} from "./types/Offers.sol";
import {EnergyRange, Retirement, SignedProfile} from "./types/Profiles.sol";
import {Claims, MarketState, Settings, Tariff, Terms} from "./types/Settlement.sol";
import {MeterFacts, QueuedDevice, QueuedSettings, RING_DAYS} from "./types/State.sol";

/// @title Neighbourhood
/// @notice See {INeighbourhood}. Recording, using and settling energy are here; what is called less often is in linked
/// libraries, which work on the same state.
contract Neighbourhood is INeighbourhood, AccessManaged, SignedActions, ReentrancyGuardTransient {
    bytes32 private constant REVOKE_TYPEHASH = keccak256("RevokeDevice(uint32 meter,uint256 nonce,uint256 deadline)");
    bytes32 private constant WITHDRAW_TYPEHASH = keccak256(
        "Withdraw(address account,address to,uint256 amountBaseUnits,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant FUND_TYPEHASH = keccak256(
        "FundMeter(uint32 meter,uint256 amountBaseUnits,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant DEFUND_TYPEHASH = keccak256(
        "DefundMeter(uint32 meter,uint256 amountBaseUnits,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant SETTINGS_TYPEHASH = keccak256(
        "SetSettings(uint32 meter,bool sharing,bool community,uint16 askTicks,uint16 bidTicks,uint256 nonce,uint256 deadline)"
    );
    uint8 private constant CURRENCY_DECIMALS = 6;
    uint256 private constant MIN_CLOSING_WINDOW_SECONDS = 2 hours;
    uint256 private constant MAX_CLOSING_WINDOW_SECONDS = 6 hours;
    /// @dev More than the dearest profile can use, see the gas snapshot.
    uint256 private constant GAS_PER_PROFILE = 700_000;

    /// @inheritdoc INeighbourhood
    IEnergyToken public immutable override token;
    /// @inheritdoc INeighbourhood
    IDeviceRegistry public immutable override deviceRegistry;
    /// @inheritdoc IAccounts
    IERC20 public immutable override currency;
    /// @inheritdoc ISettlement
    uint256 public immutable override closingWindowSeconds;
    uint256 private immutable _retirementWindowDays;

    constructor(
        address authority,
        IDeviceRegistry registry,
        Terms memory terms
    ) AccessManaged(authority) EIP712("Commonwatt", "1") {
        require(authority.code.length != 0, NotAContract(authority));
        require(address(registry).code.length != 0, NotAContract(address(registry)));
        require(terms.currency.code.length != 0, NotAContract(terms.currency));
        uint8 decimals = IERC20Metadata(terms.currency).decimals();
        require(decimals == CURRENCY_DECIMALS, WrongCurrencyDecimals(decimals, CURRENCY_DECIMALS));
        require(
            terms.closingWindowSeconds >= MIN_CLOSING_WINDOW_SECONDS &&
                terms.closingWindowSeconds <= MAX_CLOSING_WINDOW_SECONDS,
            InvalidClosingWindow(terms.closingWindowSeconds, MIN_CLOSING_WINDOW_SECONDS, MAX_CLOSING_WINDOW_SECONDS)
        );
        Tariffs.check(terms.tariff);
        emit TariffQueued(
            SafeCast.toUint32(Calendar.today()),
            terms.tariff.communityPriceTicks,
            terms.tariff.networkChargeTicks
        );
        token = new EnergyToken(terms.retirementWindowDays);
        deviceRegistry = registry;
        currency = IERC20(terms.currency);
        closingWindowSeconds = terms.closingWindowSeconds;
        _retirementWindowDays = terms.retirementWindowDays;
        // The day of deployment is the first that can be announced.
        Host.state().market.day = SafeCast.toUint32(Calendar.today() - 1);
        Host.state().market.communityPriceTicks = terms.tariff.communityPriceTicks;
        Host.state().market.networkChargeTicks = terms.tariff.networkChargeTicks;
    }

    // ---------------------------------------------------------------- members and meters (governed)

    /// @inheritdoc INeighbourhood
    function admitMember(address member) external override restricted {
        Members.admitMember(member);
    }

    /// @inheritdoc INeighbourhood
    function removeMember(address member) external override restricted {
        Members.removeMember(member);
    }

    /// @inheritdoc INeighbourhood
    function registerMeter(MeterRegistration calldata registration) external override restricted {
        Members.registerMeter(registration);
    }

    /// @inheritdoc INeighbourhood
    function setCap(uint32 number, uint32 capWh) external override restricted {
        Devices.setCap(number, capWh);
    }

    /// @inheritdoc INeighbourhood
    function closeMeter(uint32 number) external override restricted {
        Devices.closeMeter(number);
    }

    // ---------------------------------------------------------------- devices

    /// @inheritdoc INeighbourhood
    function registerDevice(DeviceRegistration calldata registration) external override restricted {
        Devices.registerDevice(registration);
    }

    /// @inheritdoc INeighbourhood
    function rotateDevice(DeviceRegistration calldata registration) external override restricted {
        Devices.rotateDevice(registration);
    }

    /// @inheritdoc INeighbourhood
    function revokeDevice(uint32 number) external override restricted {
        Devices.revokeDevice(number);
    }

    /// @inheritdoc INeighbourhood
    function revokeMyDevice(uint32 number) external override {
        Devices.revokeMyDevice(number, msg.sender);
    }

    /// @inheritdoc INeighbourhood
    function revokeMyDeviceBySig(uint32 number, uint256 deadline, bytes calldata signature) external override {
        address owner = _checkOwner(number, abi.encode(REVOKE_TYPEHASH, number), deadline, signature);

        Devices.revokeMyDevice(number, owner);
    }

    /// @inheritdoc INeighbourhood
    function rebaseRegisters(
        uint32 number,
        uint64 importRegister,
        uint64 exportRegister,
        string calldata reason
    ) external override restricted {
        Devices.rebaseRegisters(number, importRegister, exportRegister, reason);
    }

    // ---------------------------------------------------------------- money

    /// @inheritdoc IAccounts
    function deposit(address account, uint256 amountBaseUnits) external override nonReentrant {
        Accounts.deposit(account, amountBaseUnits);
    }

    /// @inheritdoc IAccounts
    function depositWithPermit(address account, CurrencyPermit calldata permit) external override nonReentrant {
        Accounts.depositWithPermit(account, permit);
    }

    /// @inheritdoc IAccounts
    function withdraw(address to, uint256 amountBaseUnits) external override nonReentrant {
        Accounts.withdraw(msg.sender, to, amountBaseUnits);
    }

    /// @inheritdoc IAccounts
    function withdrawBySig(
        address account,
        address to,
        uint256 amountBaseUnits,
        uint256 deadline,
        bytes calldata signature
    ) external override nonReentrant {
        _checkSigned(account, abi.encode(WITHDRAW_TYPEHASH, account, to, amountBaseUnits), deadline, signature);

        Accounts.withdraw(account, to, amountBaseUnits);
    }

    /// @inheritdoc IAccounts
    function fundMeter(uint32 number, uint256 amountBaseUnits) external override nonReentrant {
        Accounts.fundMeter(number, amountBaseUnits, msg.sender);
    }

    /// @inheritdoc IAccounts
    function fundMeterBySig(
        uint32 number,
        uint256 amountBaseUnits,
        uint256 deadline,
        bytes calldata signature
    ) external override nonReentrant {
        address owner = _checkOwner(number, abi.encode(FUND_TYPEHASH, number, amountBaseUnits), deadline, signature);

        Accounts.fundMeter(number, amountBaseUnits, owner);
    }

    /// @inheritdoc IAccounts
    function defundMeter(uint32 number, uint256 amountBaseUnits) external override nonReentrant {
        Accounts.defundMeter(number, amountBaseUnits, msg.sender);
    }

    /// @inheritdoc IAccounts
    function defundMeterBySig(
        uint32 number,
        uint256 amountBaseUnits,
        uint256 deadline,
        bytes calldata signature
    ) external override nonReentrant {
        address owner = _checkOwner(number, abi.encode(DEFUND_TYPEHASH, number, amountBaseUnits), deadline, signature);

        Accounts.defundMeter(number, amountBaseUnits, owner);
    }

    /// @inheritdoc IAccounts
    function collectTreasury(address to) external override restricted nonReentrant returns (uint256 amountBaseUnits) {
        return Accounts.collectTreasury(to);
    }

    // ---------------------------------------------------------------- settings

    /// @inheritdoc ISharing
    function setSettings(uint32 number, Settings calldata settings) external override {
        Sharing.setSettings(number, settings, msg.sender);
    }

    /// @inheritdoc ISharing
    function setSettingsBySig(
        uint32 number,
        Settings calldata settings,
        uint256 deadline,
        bytes calldata signature
    ) external override {
        // The four settings fill a word each, as EIP-712 wants them.
        address owner = _checkOwner(number, abi.encode(SETTINGS_TYPEHASH, number, settings), deadline, signature);

        Sharing.setSettings(number, settings, owner);
    }

    /// @inheritdoc ISharing
    function endSharing(uint32 number) external override restricted {
        Sharing.endSharing(number);
    }

    /// @inheritdoc ISharing
    function allowSharing(uint32 number) external override restricted {
        Sharing.allowSharing(number);
    }

    /// @inheritdoc ISharing
    function applyChanges(uint32[] calldata meters) external override {
        Sharing.applyChanges(meters);
    }

    /// @inheritdoc ISharing
    function setTariff(uint32 effectiveDay, Tariff calldata tariff) external override restricted {
        Sharing.setTariff(effectiveDay, tariff);
    }

    // ---------------------------------------------------------------- settling

    /// @inheritdoc ISettlement
    function announce(uint32 day, uint256 bitmap) external override restricted {
        Windows.announce(day, bitmap);
    }

    /// @inheritdoc ISettlement
    function force(SignedProfile calldata profile) external override {
        Windows.force(profile);
    }

    /// @inheritdoc ISettlement
    function settleDay(
        uint32 day,
        Claims calldata claims,
        bytes calldata batch,
        bytes calldata skipped
    ) external override {
        DaySettlement.settleDay(day, claims, batch, skipped);
    }

    /// @inheritdoc ISettlement
    function late(SignedProfile calldata profile) external override {
        Windows.late(profile);
    }

    /// @inheritdoc ISettlement
    function pause() external override restricted {
        Windows.pause();
    }

    /// @inheritdoc ISettlement
    function unpause() external override restricted {
        Windows.unpause();
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

        (address device, MeterWord word) = Profiles.identify(
            Host.state(),
            _hashTypedDataV4(Profiles.contentOf(day, importRegister, exportRegister, quality, intervals)),
            signature
        );
        uint32 number = word.meter();
        if (word.isSharing() || word.hasSettingsQueued()) _requireRecords(number, word, day);
        (uint256 importUnits, uint256 exportUnits, uint256 importIncrease, uint256 exportIncrease) = Profiles.check(
            word,
            day,
            importRegister,
            exportRegister,
            quality,
            intervals
        );
        bool mintable = block.timestamp < Calendar.windowEnd(day, _retirementWindowDays);
        uint256 unitWh = MeterBook.unitWhOf(word.unitExponent());

        Host.state().words[device] = word.advance(day, importRegister, exportRegister);
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
        return Host.state().members[account].admitted;
    }

    /// @inheritdoc INeighbourhood
    function meter(uint32 number) external view override returns (Meter memory) {
        (address owner, uint8 unitExponent) = _issuer(number);
        MeterFacts storage facts = Host.state().facts[number];
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
        return Host.state().words[device].toState();
    }

    /// @inheritdoc INeighbourhood
    function remainingImportsHash(uint32 number, uint32 day) external view override returns (bytes32) {
        if (block.timestamp >= Calendar.windowEnd(day, _retirementWindowDays)) return 0;
        // What the slot holds before the day is recorded is of an earlier day.
        if (day > Host.state().words[Host.state().facts[number].device].lastDay()) return 0;
        return Host.state().remainingImports[number][day % RING_DAYS];
    }

    /// @inheritdoc IAccounts
    function accountBalance(address account) external view override returns (uint256) {
        return Host.state().accountsBaseUnits[account];
    }

    /// @inheritdoc IAccounts
    function treasuryBalance() external view override returns (uint256) {
        return Host.state().treasury.balanceBaseUnits;
    }

    /// @inheritdoc IAccounts
    function heldBalance() external view override returns (uint256) {
        return Host.state().treasury.heldBaseUnits;
    }

    /// @inheritdoc ISharing
    function queuedSettings(
        uint32 number
    ) external view override returns (uint32 effectiveDay, Settings memory settings) {
        QueuedSettings storage queued = Host.state().queuedSettings[number];
        return (queued.effectiveDay, Settings(queued.sharing, queued.community, queued.askTicks, queued.bidTicks));
    }

    /// @inheritdoc ISharing
    function queuedDevice(uint32 number) external view override returns (uint32 effectiveDay, address device) {
        QueuedDevice storage queued = Host.state().queuedDevices[number];
        return (queued.effectiveDay, queued.device);
    }

    /// @inheritdoc ISharing
    function tariffOf(uint32 day) external view override returns (Tariff memory) {
        return Tariffs.inForce(Host.state().market, day);
    }

    /// @inheritdoc ISharing
    function limitClasses() external view override returns (uint32[] memory) {
        return Host.state().classes.pairs;
    }

    /// @inheritdoc ISharing
    function seats() external view override returns (uint256 bitmap) {
        return Host.state().seatsInForce;
    }

    /// @inheritdoc ISettlement
    function market() external view override returns (MarketState memory) {
        return Host.state().market;
    }

    /// @inheritdoc ISettlement
    function announced() external view override returns (uint256 bitmap, uint256 forced) {
        return (Host.state().announced, Host.state().forced);
    }

    /// @inheritdoc ISettlement
    function nextWindow() external view override returns (uint32 day, uint256 opensAt) {
        return WindowRules.next(Host.state().market, closingWindowSeconds);
    }

    /// @inheritdoc ISettlement
    function isClosed(uint32 day) external view override returns (bool) {
        return WindowRules.isClosed(Host.state().market, closingWindowSeconds, day);
    }

    // ---------------------------------------------------------------- inside

    /// @dev Settings that are queued count from their day on, applied or not.
    function _requireRecords(uint32 number, MeterWord word, uint32 day) private view {
        QueuedSettings storage queued = Host.state().queuedSettings[number];
        bool joins = word.hasSettingsQueued() && queued.sharing && queued.effectiveDay <= day;
        require(!word.isSharing() && !joins, IsSharing(number, day));
    }

    /// @dev Checks that the owner of a meter has signed. See `_checkSigned`.
    function _checkOwner(
        uint32 number,
        bytes memory fields,
        uint256 deadline,
        bytes calldata signature
    ) private returns (address owner) {
        (owner, ) = _issuer(number);
        _checkSigned(owner, fields, deadline, signature);
    }

    function _issuer(uint32 number) private view returns (address owner, uint8 unitExponent) {
        (owner, unitExponent) = token.issuer(number);
        require(owner != address(0), UnknownMeter(number));
    }

    /// @param fields Type hash and all fields of the action but its last two, which are nonce and deadline.
    function _checkSigned(address account, bytes memory fields, uint256 deadline, bytes calldata signature) private {
        bytes32 content = keccak256(bytes.concat(fields, abi.encode(_useNonce(account), deadline)));
        _checkSignature(account, content, deadline, signature);
    }

    // ---------------------------------------------------------------- remaining imports

    function _keepImports(uint32 number, uint32 day, bytes calldata intervals, uint256 importUnits) private {
        bytes32[RING_DAYS] storage ring = Host.state().remainingImports[number];
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
        bytes32[RING_DAYS] storage ring = Host.state().remainingImports[retirement.meter];
        bytes memory remaining = retirement.remainingImports;
        require(
            remaining.length == RemainingImports.LENGTH &&
                RemainingImports.hash(remaining, day) == ring[day % RING_DAYS],
            StaleRemainingImports(retirement.meter, day)
        );
        uint256 energyWh = _subtract(remaining, retirement.ranges, day, MeterBook.unitWhOf(unitExponent));
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
