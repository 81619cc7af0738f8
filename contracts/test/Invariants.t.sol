// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";

import {Offer} from "../types/Offers.sol";
import {MoneyActions} from "./handlers/MoneyActions.sol";

/// @notice All actions, and what must hold after any sequence of them.
contract Actions is MoneyActions {
    uint256 private constant LAST_DAYS = 6;

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
        _steps = vm.envOr("COMMONWATT_INVARIANT_STEPS", uint256(150));
        _actions = new Actions();
        bytes4[] memory selectors = _selectors();
        targetContract(address(_actions));
        targetSelector(FuzzSelector(address(_actions), selectors));
    }

    /// @dev One invariant, since each is a campaign of its own.
    function invariant_energyAndMoneyAreConserved() external {
        _actions.checkEnergy(_actions.actions() % 16 == 0);
        _actions.checkMoney();
        _actions.checkOffers();
    }

    /// @dev The same actions in one long sequence, and the proof that all of them really happen.
    function test_longSequence_doesEverything() external {
        bytes4[] memory selectors = _selectors();
        for (uint256 step = 0; step < _steps; ++step) {
            uint256 random = uint256(keccak256(abi.encode(step)));
            (bool success, bytes memory reason) = address(_actions).call(
                abi.encodeWithSelector(selectors[random % selectors.length], random >> 8)
            );
            if (!success) revert(string.concat("an action reverted: ", vm.toString(reason)));
            if (step % 20 == 0) _check(false);
        }
        _check(true);

        Actions.Counters memory counters = _actions.counters();
        assertGt(counters.recorded, 20, "recorded");
        assertGt(counters.minted, 15, "minted");
        assertGt(counters.refusedProfiles, 20, "refused profiles");
        assertGt(counters.transfers, 5, "transfers");
        assertGt(counters.retirements, 1, "retirements");
        assertGt(counters.revocations, 0, "revocations");
        assertGt(counters.rotations, 3, "rotations");
        assertGt(counters.offers, 3, "offers");
        assertGt(counters.fills, 3, "fills");
        assertGt(counters.refusedFills, 0, "refused fills");
        assertGt(counters.cancels, 0, "cancels");
        assertGt(counters.charges, 0, "charges");
        assertGt(_actions.mintedWh(), _actions.retiredWh());
        assertGt(_actions.retiredWh(), 0);
    }

    function _check(bool everyDay) private {
        _actions.checkEnergy(everyDay);
        _actions.checkMoney();
        _actions.checkOffers();
    }

    /// @dev What needs others to have happened before comes more often.
    function _selectors() private view returns (bytes4[] memory selectors) {
        selectors = new bytes4[](17);
        selectors[0] = _actions.passTime.selector;
        selectors[1] = _actions.record.selector;
        selectors[2] = _actions.recordMany.selector;
        selectors[3] = _actions.transfer.selector;
        selectors[4] = _actions.transfer.selector;
        selectors[5] = _actions.retire.selector;
        selectors[6] = _actions.retire.selector;
        selectors[7] = _actions.retireTooMuch.selector;
        selectors[8] = _actions.revokeDevice.selector;
        selectors[9] = _actions.rotateDevice.selector;
        selectors[10] = _actions.makeOffer.selector;
        selectors[11] = _actions.makeOffer.selector;
        selectors[12] = _actions.fill.selector;
        selectors[13] = _actions.fill.selector;
        selectors[14] = _actions.fill.selector;
        selectors[15] = _actions.cancel.selector;
        selectors[16] = _actions.setCharge.selector;
    }
}
