// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {INeighbourhood} from "../../interfaces/INeighbourhood.sol";
import {ISettlement} from "../../interfaces/ISettlement.sol";
import {Claims, MarketState, SkipReason, Tariff} from "../../types/Settlement.sol";
import {NeighbourhoodState} from "../../types/State.sol";
import {Host} from "../Host.sol";
import {MeterWord, MeterWords} from "../MeterWords.sol";
import {Profiles} from "../Profiles.sol";
import {Quality} from "../Quality.sol";
import {Tariffs} from "../Tariffs.sol";
import {WindowRules} from "../WindowRules.sol";
import {AuctionPrices, ClassLanes, DayPrices} from "./AuctionPrices.sol";
import {AuctionTotals} from "./AuctionTotals.sol";
import {Lanes} from "./Lanes.sol";
import {MeterPass, MeterSums} from "./MeterPass.sol";
import {Payments} from "./Payments.sol";
import {BatchProfile, ProfileBatch} from "./ProfileBatch.sol";
import {SettlementWords} from "./SettlementWords.sol";

/// @notice A settlement under way.
struct Settling {
    uint32 day;
    Tariff tariff;
    uint256 missing; // seats announced or forced and not seen yet
    uint256 forced; // seats forced
    bytes32 forcedHash; // over the forced profiles seen, see `NeighbourhoodState`
    uint256 buffer; // see `ProfileBatch.prepare`
    DayPrices prices;
    uint256[] sums; // see `AuctionTotals`
    int256 paidBaseUnits; // all payments together
    bytes payments; // see `ISettlement.DaySettled`
    // of the class under way
    ClassLanes class;
    uint256 classKey;
    uint256 unitWh;
    uint256 bidTicks;
    // of the meter under way
    BatchProfile profile;
    MeterSums meter;
}

/// @title DaySettlement
/// @notice The settlement of a day: one pass over the profiles, one storage word each, and a proof at the end.
/// @dev Prices are claimed in front, so that a profile can be paid when it is read; whether they are the optimum of what
/// was read is checked when all is read. Until then nothing leaves the contract. Wrong claims may fill words with
/// nonsense on the way: the check then reverts it. Linked: one hop for the whole day.
library DaySettlement {
    uint256 private constant SIDES_BITS = 192;

    /// @notice Settles the announced day: see {ISettlement}. A neighbourhood runs this on its own state and its caller's
    /// input.
    function settleDay(uint32 day, Claims calldata claims, bytes calldata batch, bytes calldata skipped) external {
        NeighbourhoodState storage state = Host.state();
        MarketState memory market = state.market;
        _checkWindow(market, Host.closingWindowSeconds(), day);
        Tariff memory tariff = Tariffs.inForce(market, day);
        Settling memory run = _open(state, day, tariff, claims, batch.length);

        _runBatch(state, run, batch);
        _runSkipped(state, run, skipped);
        require(run.missing == 0, ISettlement.BatchIncomplete(run.missing));
        if (run.forced != 0) require(run.forcedHash == state.forcedHash, ISettlement.NotTheForcedProfile(day));

        _close(state, run, claims);
    }

    // ---------------------------------------------------------------- who and when

    /// @dev A call from the outside has an account without code as both; an account that delegates its code has some.
    function _checkWindow(MarketState memory market, uint256 closingWindowSeconds, uint32 day) private view {
        // solhint-disable-next-line avoid-tx-origin
        require(msg.sender == tx.origin && msg.sender.code.length == 0, ISettlement.NotTopLevel(msg.sender));
        require(!market.paused, ISettlement.IsPaused());
        require(day == market.day && market.settledAt == 0, ISettlement.NoWindow(day));
        uint256 from = market.openedAt + WindowRules.FORCING_SECONDS;
        require(block.timestamp >= from, ISettlement.ForcingHour(day, from));
        uint256 closedAt = WindowRules.closesAt(market, closingWindowSeconds);
        require(block.timestamp < closedAt, ISettlement.WindowHasClosed(day, closedAt));
    }

    // ---------------------------------------------------------------- begin and end

    function _open(
        NeighbourhoodState storage state,
        uint32 day,
        Tariff memory tariff,
        Claims calldata claims,
        uint256 batchLength
    ) private view returns (Settling memory run) {
        require(
            claims.prices.length == AuctionPrices.PRICES_LENGTH,
            ISettlement.InvalidClaimsLength(claims.prices.length, AuctionPrices.PRICES_LENGTH)
        );
        require(
            claims.effective.length == AuctionPrices.EFFECTIVE_LENGTH,
            ISettlement.InvalidClaimsLength(claims.effective.length, AuctionPrices.EFFECTIVE_LENGTH)
        );
        require(claims.sides >> SIDES_BITS == 0, ISettlement.InvalidSides(claims.sides));

        run.day = day;
        run.tariff = tariff;
        if (state.market.forcedCount != 0) run.forced = state.forced;
        run.missing = state.announced | run.forced;
        run.buffer = ProfileBatch.prepare(Profiles.TYPEHASH, day, Host.domainOf(address(this)));
        run.prices = AuctionPrices.unpack(claims.prices, claims.sides, claims.effective, tariff.networkChargeTicks);
        run.sums = AuctionTotals.room();
        run.class = AuctionPrices.room();
        run.payments = Payments.room(batchLength / ProfileBatch.PROFILE_LENGTH);
    }

    /// @dev Sum of the payments = charges + dust, never negative: what buyers pay is at least what sellers get.
    function _close(NeighbourhoodState storage state, Settling memory run, Claims calldata claims) private {
        (bytes memory volumesWh, uint256 clearedWh) = AuctionTotals.verify(
            run.sums,
            run.prices,
            claims.sides,
            claims.effective,
            run.tariff.networkChargeTicks
        );
        uint256 treasuryBaseUnits = uint256(run.paidBaseUnits);
        state.treasury.balanceBaseUnits += uint64(treasuryBaseUnits);
        state.market.settledAt = uint40(block.timestamp);

        emit ISettlement.DaySettled(
            run.day,
            msg.sender,
            clearedWh,
            treasuryBaseUnits,
            claims.prices,
            volumesWh,
            run.payments
        );
    }

    // ---------------------------------------------------------------- profiles

    function _runBatch(NeighbourhoodState storage state, Settling memory run, bytes calldata batch) private {
        uint256 position;
        assembly ("memory-safe") {
            position := batch.offset
        }
        uint256 start = position;
        uint256 end = position + batch.length;
        while (position < end) {
            (uint256 askTicks, uint256 count) = _openClass(run, position);
            unchecked {
                position += ProfileBatch.CLASS_LENGTH;
                for (; count != 0; --count) {
                    _settleProfile(state, run, position);
                    position = run.profile.next;
                }
            }
            AuctionTotals.addClass(run.sums, run.class, run.prices, askTicks, run.bidTicks, run.unitWh);
        }
        require(position == end, ISettlement.MalformedBatch(position - start, batch.length));
    }

    function _openClass(Settling memory run, uint256 position) private pure returns (uint256 askTicks, uint256 count) {
        uint256 head;
        assembly ("memory-safe") {
            head := shr(200, calldataload(position))
        }
        uint256 flags = head >> 48;
        bool community = flags & 1 != 0;
        askTicks = uint16(head >> 32);
        uint256 bidTicks = uint16(head >> 16);
        count = uint16(head);
        uint256 exponent = (flags >> 1) & 3;
        // No word has other bits, or limits beside the flag.
        run.classKey = MeterWords.classKeyOf(exponent, community, askTicks, bidTicks);
        if (community) {
            askTicks = run.tariff.communityPriceTicks;
            bidTicks = askTicks + run.tariff.networkChargeTicks;
        }
        run.unitWh = 10 ** exponent;
        run.bidTicks = bidTicks;
        AuctionPrices.setClass(run.class, run.prices, askTicks, bidTicks);
    }

    function _settleProfile(NeighbourhoodState storage state, Settling memory run, uint256 position) private {
        BatchProfile memory profile = run.profile;
        ProfileBatch.read(profile, position, run.buffer);
        (uint256 slot, MeterWord word) = SettlementWords.load(state, profile.device);
        if (!word.isPlain(run.classKey))
            word = SettlementWords.reconsider(state, profile.device, word, run.day, run.classKey);
        uint32 meter = word.meter();
        uint256 bit = _see(state, run, word, meter);
        require(run.day > word.lastDay(), INeighbourhood.DayNotAfterLast(run.day, word.lastDay()));

        MeterSums memory sums = run.meter;
        MeterPass.add(profile.intervals, word.capUnits(), run.class, sums);
        bool forced = run.forced & bit != 0;
        if (forced) run.forcedHash = keccak256(abi.encode(run.forcedHash, profile.digest, profile.device));
        else if (!_fits(profile, word, sums)) {
            MeterPass.remove(profile.intervals, run.class, true);
            emit ISettlement.MeterSkipped(meter, run.day, SkipReason.ProfileUnfit);
            return;
        }

        int256 payment = _pay(run, profile, word, meter, sums);
        word = word.settled(run.day, profile.importRegister, profile.exportRegister, payment);
        if (word.hasSettingsQueued()) word = SettlementWords.applyNext(state, word, run.day);
        SettlementWords.store(slot, word);
    }

    /// @dev The seat of a meter that is due, and is so no longer.
    function _see(
        NeighbourhoodState storage state,
        Settling memory run,
        MeterWord word,
        uint32 meter
    ) private view returns (uint256 bit) {
        bit = 1 << word.seat();
        if (run.missing & bit == 0) SettlementWords.refuseSeat(state, bit, meter, run.day);
        run.missing ^= bit;
    }

    /// @dev What `record` demands of a profile, besides its day and signature.
    function _fits(BatchProfile memory profile, MeterWord word, MeterSums memory sums) private pure returns (bool) {
        unchecked {
            if (profile.importRegister >= MeterWords.REGISTER_LIMIT) return false;
            if (profile.exportRegister >= MeterWords.REGISTER_LIMIT) return false;
            if (profile.importRegister < word.importRegister() + sums.importUnits) return false;
            if (profile.exportRegister < word.exportRegister() + sums.exportUnits) return false;
            if (profile.quality != 0 && !_fitsQuality(profile)) return false;
            return sums.withinCap;
        }
    }

    function _fitsQuality(BatchProfile memory profile) private pure returns (bool) {
        uint256 quality = profile.quality;
        if (!Quality.isValid(quality)) return false;
        if (!Quality.hasMissing(quality)) return true;
        // Of a valid vector the upper bit of a pair says that the interval is missing.
        for (uint256 k = 0; k < AuctionPrices.WORDS; ++k) {
            (, uint256 missing) = Lanes.pairs32((quality >> (16 * k)) & 0xffff);
            if (Lanes.mask32(missing) & ProfileBatch.eightAt(profile, k) != 0) return false;
        }
        return true;
    }

    /// @dev What the meter pays, or is paid if negative, rounded up once. A meter that could not pay its whole import at its
    /// own bid buys nothing.
    function _pay(
        Settling memory run,
        BatchProfile memory profile,
        MeterWord word,
        uint32 meter,
        MeterSums memory sums
    ) private returns (int256 payment) {
        uint256 purchase = sums.purchase;
        // Energies below 2^30 and prices below 2^16; 256 payments below 2^63 each.
        unchecked {
            uint256 neededTenths = sums.importUnits * run.unitWh * run.bidTicks;
            if (neededTenths > uint256(word.balance()) * 10) {
                MeterPass.remove(profile.intervals, run.class, false);
                purchase = 0;
                emit ISettlement.MeterUnfunded(meter, run.day, word.balance(), (neededTenths + 9) / 10);
            }
            payment = Payments.toBaseUnits(purchase, sums.sale, run.unitWh);
            run.paidBaseUnits += payment;
        }
        Payments.push(run.payments, meter, payment);
    }

    // ---------------------------------------------------------------- meters left out

    function _runSkipped(NeighbourhoodState storage state, Settling memory run, bytes calldata skipped) private {
        require(
            skipped.length % 20 == 0,
            ISettlement.MalformedBatch(skipped.length, skipped.length - (skipped.length % 20))
        );
        for (uint256 at = 0; at < skipped.length; at += 20) {
            address device = address(bytes20(skipped[at:at + 20]));
            (, MeterWord word) = SettlementWords.load(state, device);
            uint32 meter = word.meter();
            require(word.isSharing(), ISettlement.NoReasonToSkip(meter, run.day));
            uint256 bit = _see(state, run, word, meter);
            require(run.forced & bit == 0, ISettlement.NoReasonToSkip(meter, run.day));
            SkipReason reason = SettlementWords.reasonToSkip(state, device, word, run.day);
            emit ISettlement.MeterSkipped(meter, run.day, reason);
        }
    }
}
