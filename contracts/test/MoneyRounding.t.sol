// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";

import {IMarketplace} from "../interfaces/IMarketplace.sol";
import {Fill, Offer} from "../types/Offers.sol";
import {SignedProfile} from "../types/Profiles.sol";
import {System} from "./handlers/System.sol";
import {PlainDayLanes} from "./twins/PlainDayLanes.sol";
import {PlainPrices} from "./twins/PlainPrices.sol";

/// @notice In the real marketplace the seller gets the ceiling, the charge is a ceiling, and splitting is never cheaper.
contract MoneyRoundingTest is System, Test {
    uint32 private constant METER = 1;
    uint16 private constant EXPORT_WH = 30_000;

    address private _seller;
    address private _buyer;

    function setUp() external {
        (_seller, _buyer) = (_actors[0], _actors[3]);
        SignedProfile memory profile;
        uint16[96] memory imports;
        uint16[96] memory exports;
        for (uint256 i = 0; i < 96; ++i) exports[i] = EXPORT_WH;
        (profile.day, profile.exportRegister) = (FIRST_DAY, 96 * uint64(EXPORT_WH));
        profile.intervals = PlainDayLanes.encode(imports, exports);
        _signProfile(_deviceKeys[METER], profile);
        vm.warp(uint256(FIRST_DAY + 1) * 1 days);
        neighbourhood.record(profile);
    }

    function test_fuzz_fill_roundsUpOncePerFill(
        uint16 priceTicks,
        uint16 chargeTicks,
        uint16[5] calldata energies
    ) external {
        _setCharge(chargeTicks);
        uint32[] memory series = _series(energies);
        uint256 energyWh = series[0];
        for (uint256 i = 1; i < 5; ++i) energyWh += series[i];
        uint256 paid = PlainPrices.toBaseUnitsUp(energyWh, priceTicks);
        uint256 charged = PlainPrices.toBaseUnitsUp(energyWh, chargeTicks);
        Fill memory order = _order(priceTicks, series);

        if (paid + charged != 0) {
            vm.expectRevert(
                abi.encodeWithSelector(IMarketplace.PaymentAboveLimit.selector, paid + charged, paid + charged - 1)
            );
            vm.prank(_buyer);
            market.fill(order, paid + charged - 1);
        }
        vm.expectEmit(address(market));
        emit IMarketplace.OfferFilled(_seller, _buyer, 1, METER, priceTicks, FIRST_DAY * 96, energyWh, paid, charged);
        vm.prank(_buyer);
        market.fill(order, paid + charged);
        assertEq(currency.balanceOf(_seller), MONEY_EACH + paid);
        assertEq(currency.balanceOf(address(market)), charged);
        assertEq(currency.balanceOf(_buyer), MONEY_EACH - paid - charged);
    }

    /// @dev Every interval and every Wh on its own, in one transaction, against the whole at once.
    function test_fuzz_fill_splitIsNeverCheaper(
        uint16 priceTicks,
        uint16 chargeTicks,
        uint16[5] calldata energies,
        uint8 pieces
    ) external {
        _setCharge(chargeTicks);
        uint32[] memory series = _series(energies);
        uint256 cut = 1 + (pieces % 5);
        Fill[] memory orders = new Fill[](cut);
        uint256 energyWh = 0;
        for (uint256 i = 0; i < cut; ++i) {
            uint32[] memory one = new uint32[](1);
            one[0] = series[i];
            energyWh += series[i];
            orders[i] = _order(priceTicks, one);
            orders[i].firstInterval += uint32(i);
        }
        vm.prank(_buyer);
        market.fillMany(orders, type(uint256).max);
        uint256 split = MONEY_EACH - currency.balanceOf(_buyer);
        uint256 whole =
            PlainPrices.toBaseUnitsUp(energyWh, priceTicks) + PlainPrices.toBaseUnitsUp(energyWh, chargeTicks);
        assertGe(split, whole);
        assertLe(split, whole + 2 * (cut - 1));
        // The seller never gets less than the price of what was delivered.
        assertGe((currency.balanceOf(_seller) - MONEY_EACH) * 10, energyWh * priceTicks);
    }

    function _order(uint16 priceTicks, uint32[] memory series) private view returns (Fill memory) {
        Offer memory offer = Offer({
            seller: _seller,
            token: address(token),
            meter: METER,
            firstInterval: FIRST_DAY * 96,
            lastInterval: FIRST_DAY * 96 + 95,
            priceTicks: priceTicks,
            expiry: type(uint64).max,
            nonce: 1,
            buyer: address(0),
            maxWh: 0
        });
        return Fill(offer, _signOffer(_keyOf(0), offer), FIRST_DAY * 96, series);
    }

    function _setCharge(uint16 chargeTicks) private {
        market.scheduleNetworkCharge(chargeTicks, FIRST_DAY + 2);
        vm.warp(uint256(FIRST_DAY + 2) * 1 days);
    }

    /// @dev Small amounts matter most: a rest of tenths is easily seen there.
    function _series(uint16[5] calldata energies) private pure returns (uint32[] memory series) {
        series = new uint32[](5);
        for (uint256 i = 0; i < 5; ++i) {
            series[i] = 1 + (energies[i] % 2 == 0 ? energies[i] % EXPORT_WH : energies[i] % 20);
        }
    }
}
