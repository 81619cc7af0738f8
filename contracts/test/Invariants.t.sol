// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";

import {Offer} from "../types/Offers.sol";
import {StreetChecks} from "./handlers/StreetChecks.sol";

/// @notice All actions, and what must hold after any sequence of them.
contract Actions is StreetChecks {
    /// @notice minted - retired - expired = live balances: for every meter-day, and in sum.
    function checkEnergy(bool everyDay) external {
        vm.warp(clock);
        uint256 liveWh = 0;
        uint256 expiredWh = 0;
        for (uint256 i = 0; i < _days.length; ++i) {
            MeterDay memory at = _days[i];
            uint256 supplyWh = _supplyOfDayWh[at.meter][at.day];
            bool live = clock < (uint256(at.day) + 1 + WINDOW_DAYS) * 1 days;
            if (!live) expiredWh += supplyWh;
            if (live || everyDay || i + LAST_DAYS >= _days.length) liveWh += _checkDay(at, live);
        }
        require(mintedWh - retiredWh - expiredWh == liveWh, "minted - retired - expired = live");
    }

    /// @notice Nobody's money is lost or made, and the marketplace holds exactly the charges.
    function checkMoney() external view {
        uint256 sum = currency.balanceOf(address(market)) + currency.balanceOf(TREASURY);
        sum += currency.balanceOf(address(neighbourhood)) + currency.balanceOf(STREET_TREASURY);
        for (uint256 i = 0; i < ACTORS; ++i) sum += currency.balanceOf(_actors[i]);
        require(sum == ACTORS * MONEY_EACH, "money");
        require(sum == currency.totalSupply(), "supply");
        require(currency.balanceOf(address(market)) == chargedBaseUnits - collectedBaseUnits, "charges");
        require(currency.balanceOf(TREASURY) == collectedBaseUnits, "treasury");
    }

    /// @notice An offer with `maxWh` never sells more, and the marketplace's count is right.
    function checkOffers() external view {
        for (uint256 i = 0; i < _offers.length; ++i) {
            Offer memory offer = _offers[i].offer;
            (uint256 filledWh, ) = market.offerStatus(offer.seller, offer.nonce);
            require(filledWh == _soldWh[offer.seller][offer.nonce], "filled");
            if (offer.maxWh != 0 && _nonceIsItsOwn(i)) require(filledWh <= offer.maxWh, "oversold");
        }
    }

    function _checkDay(MeterDay memory at, bool live) private view returns (uint256 dayWh) {
        uint256[] memory sums = new uint256[](96);
        for (uint256 i = 0; i < ACTORS; ++i) {
            uint256[] memory balances = token.balanceOfRange(_actors[i], at.meter, at.day * 96, 96);
            for (uint256 j = 0; j < 96; ++j) sums[j] += balances[j];
        }
        for (uint256 j = 0; j < 96; ++j) {
            require(sums[j] == (live ? _supplyWh[at.meter][at.day * 96 + j] : 0), "supply of an interval");
            dayWh += sums[j];
        }
    }

    /// @dev Offers that share a nonce share the count, which the larger one may have brought above the smaller one.
    function _nonceIsItsOwn(uint256 index) private view returns (bool) {
        Offer memory offer = _offers[index].offer;
        for (uint256 i = 0; i < _offers.length; ++i) {
            if (i != index && _offers[i].offer.seller == offer.seller && _offers[i].offer.nonce == offer.nonce) {
                return false;
            }
        }
        return true;
    }
}

/// @notice Energy and money are conserved under any sequence of actions.
contract InvariantsTest is Test {
    Actions private _actions;
    uint256 private _steps;

    function setUp() external {
        // Longer on demand. Besides, the runner replays a failed test to trace it, unless it has read its surroundings: a
        // trace of so many actions fills all memory.
        _steps = vm.envOr("COMMONWATT_INVARIANT_STEPS", uint256(1_500));
        _actions = new Actions();
        bytes4[] memory selectors = _selectors();
        targetContract(address(_actions));
        targetSelector(FuzzSelector(address(_actions), selectors));
    }

    /// @dev One invariant, since each is a campaign of its own.
    function invariant_energyAndMoneyAreConserved() external {
        _check(_actions.actions() % 16 == 0);
    }

    /// @dev The same actions in one long sequence, and the proof that all of them really happen.
    function test_longSequence_doesEverything() external {
        bytes4[] memory selectors = _selectors();
        for (uint256 step = 0; step < _steps; ++step) {
            uint256 random = uint256(keccak256(abi.encode(step)));
            (bool success, bytes memory reason) = address(_actions).call(
                abi.encodeWithSelector(selectors[random % selectors.length], random >> 8)
            );
            if (!success) revert(string.concat("step ", vm.toString(step), " reverted: ", vm.toString(reason)));
            if (step % 20 == 0) _check(false);
        }
        _check(true);

        _requireEnergy(_actions.counters());
        _requireAccounts(_actions.accountCounters());
        _requireSharing(_actions.sharingCounters());
        _requireSettlement(_actions.settlementCounters());
        assertGt(_actions.mintedWh(), _actions.retiredWh());
        assertGt(_actions.retiredWh(), 0);
        assertGt(_actions.clearedWh(), 0);
    }

    function _requireEnergy(Actions.Counters memory counters) private pure {
        assertGt(counters.recorded, 20, "recorded");
        assertGt(counters.minted, 15, "minted");
        assertGt(counters.refusedProfiles, 20, "refused profiles");
        assertGt(counters.transfers, 5, "transfers");
        assertGt(counters.retirements, 1, "retirements");
        assertGt(counters.offers, 3, "offers");
        assertGt(counters.fills, 3, "fills");
        assertGt(counters.refusedFills, 0, "refused fills");
        assertGt(counters.cancels, 0, "cancels");
        assertGt(counters.charges, 0, "charges");
    }

    function _requireAccounts(Actions.AccountCounters memory counters) private pure {
        assertGt(counters.deposits, 5, "deposits");
        assertGt(counters.withdrawals, 5, "withdrawals");
        assertGt(counters.funded, 5, "funded");
        assertGt(counters.defunded, 5, "defunded");
        assertGt(counters.stoodStill, 5, "stood still");
        assertGt(counters.waited, 0, "waited for a window");
        assertGt(counters.refusedByPause, 0, "refused by the pause");
        assertGt(counters.collections, 0, "collections");
        assertGt(counters.pauses, 0, "pauses");
    }

    function _requireSharing(Actions.SharingCounters memory counters) private pure {
        assertGt(counters.settings, 3, "settings");
        assertGt(counters.begun, 0, "begun changes");
        assertGt(counters.ended, 0, "ended sharing");
        assertGt(counters.applied, 1, "applied changes");
        assertGt(counters.tariffs, 1, "tariffs");
        assertGt(counters.revocations, 0, "revocations");
        assertGt(counters.rotations, 1, "rotations");
        assertGt(counters.queuedDevices, 1, "queued devices");
        assertGt(counters.rotationsApplied, 0, "queued devices in force");
        assertGt(counters.rebases, 0, "rebases");
        assertGt(counters.caps, 1, "caps");
        assertGt(counters.closed, 0, "closed meters");
    }

    function _requireSettlement(Actions.SettlementCounters memory counters) private pure {
        assertGt(counters.announced, 10, "announced");
        assertGt(counters.voids, 1, "void days");
        assertGt(counters.forced, 1, "forced");
        assertGt(counters.refusedForced, 0, "refused forced");
        assertGt(counters.settled, 10, "settled");
        assertGt(counters.settledMeters, 20, "settled meters");
        assertGt(counters.skipped, 1, "skipped");
        assertGt(counters.unfit, 1, "unfit");
        assertGt(counters.unfunded, 1, "unfunded");
        assertGt(counters.traded, 5, "days with trade");
        assertGt(counters.late, 1, "late");
        assertGt(counters.refusedLate, 0, "refused late");
    }

    function _check(bool everyDay) private {
        _actions.checkEnergy(everyDay);
        _actions.checkMoney();
        _actions.checkOffers();
        _actions.checkHeld();
        _actions.checkSeats();
        _actions.checkClasses();
        _actions.checkSharedDays(everyDay);
    }

    /// @dev What needs others to have happened before comes more often.
    function _selectors() private view returns (bytes4[] memory selectors) {
        bytes4[55] memory all = [
            _actions.passTime.selector,
            _actions.passTime.selector,
            _actions.record.selector,
            _actions.record.selector,
            _actions.record.selector,
            _actions.recordMany.selector,
            _actions.recordMany.selector,
            _actions.transfer.selector,
            _actions.transfer.selector,
            _actions.retire.selector,
            _actions.retire.selector,
            _actions.retireTooMuch.selector,
            _actions.makeOffer.selector,
            _actions.makeOffer.selector,
            _actions.fill.selector,
            _actions.fill.selector,
            _actions.fill.selector,
            _actions.cancel.selector,
            _actions.setCharge.selector,
            _actions.deposit.selector,
            _actions.depositWithPermit.selector,
            _actions.withdraw.selector,
            _actions.fundMeter.selector,
            _actions.fundMeter.selector,
            _actions.fundMeter.selector,
            _actions.defundMeter.selector,
            _actions.defundAtClose.selector,
            _actions.collectTreasury.selector,
            _actions.pauseOrUnpause.selector,
            _actions.setSettings.selector,
            _actions.setSettings.selector,
            _actions.setSettings.selector,
            _actions.endSharing.selector,
            _actions.applyChanges.selector,
            _actions.applyChanges.selector,
            _actions.setTariff.selector,
            _actions.revokeDevice.selector,
            _actions.rotateDevice.selector,
            _actions.rotateDevice.selector,
            _actions.rebaseRegisters.selector,
            _actions.setCap.selector,
            _actions.closeMeter.selector,
            _actions.announce.selector,
            _actions.announce.selector,
            _actions.force.selector,
            _actions.force.selector,
            _actions.settleDay.selector,
            _actions.settleDay.selector,
            _actions.settleDay.selector,
            _actions.settleDay.selector,
            _actions.settleDay.selector,
            _actions.settleDay.selector,
            _actions.late.selector,
            _actions.late.selector,
            _actions.late.selector
        ];
        selectors = new bytes4[](all.length);
        for (uint256 i = 0; i < all.length; ++i) selectors[i] = all[i];
    }
}
