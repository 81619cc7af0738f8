// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Fill, Offer} from "../../types/Offers.sol";
import {PlainPrices} from "../twins/PlainPrices.sol";
import {EnergyActions} from "./EnergyActions.sol";

/// @notice What can happen to money, with a plain account of what should come of it. No action reverts.
abstract contract MoneyActions is EnergyActions {
    uint256 private constant MAX_OFFERS = 16;
    address internal constant TREASURY = address(0x7ea5);

    struct SignedOffer {
        Offer offer;
        bytes signature;
    }

    uint256 public chargedBaseUnits;
    uint256 public collectedBaseUnits;

    SignedOffer[] internal _offers;
    uint64 private _nextNonce = 1;
    mapping(address seller => mapping(uint64 nonce => uint256)) internal _soldWh;
    mapping(address seller => mapping(uint64 nonce => bool)) private _cancelled;
    mapping(address seller => uint64) private _minNonces;
    /// @dev The network charge: before, from and since which day.
    uint16 private _chargeBefore;
    uint16 private _chargeSince;
    uint32 private _chargeDay;

    // ---------------------------------------------------------------- actions

    function makeOffer(uint256 seed) external action {
        (bool found, MeterDay memory at, address seller) = _holding(seed);
        if (!found) return;
        // Two offers with one nonce share their count.
        uint64 nonce = (seed >> 8) % 5 == 0 ? _nextNonce : ++_nextNonce;
        uint32 first = at.day * 96 + uint32((seed >> 16) % 32);
        bool wholeHolding = ownerOf(at.meter) == seller && (seed >> 24) % 2 == 0;
        Offer memory offer = Offer({
            seller: seller,
            token: address(token),
            meter: at.meter,
            firstInterval: first,
            lastInterval: first + 20 + uint32((seed >> 32) % 40),
            priceTicks: (seed >> 40) % 6 == 0 ? 0 : uint16(seed >> 48),
            expiry: uint64(clock + 1 + ((seed >> 64) % 6 days)),
            nonce: nonce,
            buyer: (seed >> 96) % 4 == 0 ? _actors[(seed >> 104) % ACTORS] : address(0),
            maxWh: wholeHolding ? 0 : uint64(1 + ((seed >> 112) % 60_000))
        });
        SignedOffer memory signed = SignedOffer(offer, _signOffer(_keyOfActor(seller), offer));
        if (_offers.length < MAX_OFFERS) _offers.push(signed);
        else _offers[_counters.offers % MAX_OFFERS] = signed;
        ++_counters.offers;
    }

    function fill(uint256 seed) external action {
        if (_offers.length == 0) return;
        SignedOffer memory signed = _recentOffer(seed);
        Offer memory offer = signed.offer;
        address buyer = offer.buyer == address(0) ? _actors[(seed >> 8) % ACTORS] : offer.buyer;
        uint256 count = offer.lastInterval - offer.firstInterval + 1;
        uint32[] memory series = _part(offer.seller, offer.meter, offer.firstInterval, count, seed >> 16);
        if (_sum(series) == 0) return;
        if (!_isOpen(offer)) return _refuseFill(buyer, _fills(signed, series, false), "a dead offer was filled");
        if (offer.maxWh != 0 && _sum(series) > _leftWh(offer)) {
            // By the least amount first.
            _limit(series, _leftWh(offer) + unitWhOf(offer.meter), unitWhOf(offer.meter));
            _refuseFill(buyer, _fills(signed, series, false), "more was sold than offered");
            _limit(series, _leftWh(offer), unitWhOf(offer.meter));
            if (_sum(series) == 0) return;
        }
        if (offer.buyer != address(0) && offer.buyer != _actors[0]) {
            _refuseFill(_actors[0], _fills(signed, series, false), "somebody else bought");
        }
        _buy(buyer, offer, _fills(signed, series, (seed >> 24) % 3 == 0));
    }

    function cancel(uint256 seed) external action {
        if (_offers.length == 0 || (seed >> 8) % 3 != 0) return;
        Offer memory offer = _recentOffer(seed).offer;
        vm.startPrank(offer.seller);
        if ((seed >> 16) % 4 == 0 && offer.nonce + 1 > _minNonces[offer.seller]) {
            market.cancelAll(offer.nonce + 1);
            _minNonces[offer.seller] = offer.nonce + 1;
            ++_counters.cancels;
        } else if (!_isCancelled(offer)) {
            market.cancel(offer.nonce);
            _cancelled[offer.seller][offer.nonce] = true;
            ++_counters.cancels;
        }
        vm.stopPrank();
    }

    function setCharge(uint256 seed) external action {
        uint32 today = uint32(clock / 1 days);
        if (today >= _chargeDay) _chargeBefore = _chargeSince;
        _chargeSince = uint16((seed >> 8) % 3 == 0 ? 0 : (seed >> 16) % 3_000);
        _chargeDay = today + 1 + uint32((seed >> 32) % 3);
        market.scheduleNetworkCharge(_chargeSince, _chargeDay);
        if ((seed >> 40) % 3 != 0) return;
        collectedBaseUnits += market.collectNetworkCharges(TREASURY);
    }

    // ---------------------------------------------------------------- buying

    /// @dev For exactly what it should cost, and not for one base unit less.
    function _buy(address buyer, Offer memory offer, Fill[] memory fills) private {
        (uint256 paid, uint256 charged, uint256 energyWh) = _cost(offer, fills);
        if (paid + charged != 0) {
            vm.prank(buyer);
            try market.fillMany(fills, paid + charged - 1) {
                revert("cheaper than it should be");
            } catch {}
        }
        uint256 buyerHad = currency.balanceOf(buyer);
        uint256 sellerHad = currency.balanceOf(offer.seller);
        vm.prank(buyer);
        if (fills.length == 1) market.fill(fills[0], paid + charged);
        else market.fillMany(fills, paid + charged);

        if (buyer != offer.seller) {
            require(buyerHad - currency.balanceOf(buyer) == paid + charged, "what the buyer paid");
            require(currency.balanceOf(offer.seller) - sellerHad == paid, "what the seller got");
        }
        chargedBaseUnits += charged;
        if (offer.maxWh != 0) _soldWh[offer.seller][offer.nonce] += energyWh;
        if (charged != 0) ++_counters.charges;
        ++_counters.fills;
    }

    function _cost(
        Offer memory offer,
        Fill[] memory fills
    ) private view returns (uint256 paid, uint256 charged, uint256 energyWh) {
        uint16 chargeTicks = clock / 1 days >= _chargeDay ? _chargeSince : _chargeBefore;
        for (uint256 i = 0; i < fills.length; ++i) {
            uint256 partWh = _sum(fills[i].energyWh);
            paid += PlainPrices.toBaseUnitsUp(partWh, offer.priceTicks);
            charged += PlainPrices.toBaseUnitsUp(partWh, chargeTicks);
            energyWh += partWh;
        }
    }

    function _refuseFill(address buyer, Fill[] memory fills, string memory otherwise) private {
        vm.prank(buyer);
        try market.fill(fills[0], type(uint256).max) {
            revert(otherwise);
        } catch {
            ++_counters.refusedFills;
        }
    }

    /// @dev One order, or the same in two where both have something.
    function _fills(
        SignedOffer memory signed,
        uint32[] memory series,
        bool split
    ) private pure returns (Fill[] memory fills) {
        uint32 first = signed.offer.firstInterval;
        uint256 middle = series.length / 2;
        uint32[] memory early = new uint32[](middle);
        uint32[] memory late = new uint32[](series.length - middle);
        for (uint256 i = 0; i < series.length; ++i) {
            if (i < middle) early[i] = series[i];
            else late[i - middle] = series[i];
        }
        split = split && _sum(early) != 0 && _sum(late) != 0;
        fills = new Fill[](split ? 2 : 1);
        fills[0] = Fill(signed.offer, signed.signature, first, split ? early : series);
        if (split) fills[1] = Fill(signed.offer, signed.signature, first + uint32(middle), late);
    }

    // ---------------------------------------------------------------- offers

    /// @dev One of the newest: what older ones sold has mostly expired.
    function _recentOffer(uint256 seed) private view returns (SignedOffer memory) {
        uint256 age = seed % (_offers.length < 3 ? _offers.length : 3);
        return _offers[(_counters.offers - 1 - age) % MAX_OFFERS];
    }

    function _isOpen(Offer memory offer) private view returns (bool) {
        return clock < offer.expiry && !_isCancelled(offer);
    }

    function _isCancelled(Offer memory offer) private view returns (bool) {
        return _cancelled[offer.seller][offer.nonce] || offer.nonce < _minNonces[offer.seller];
    }

    function _leftWh(Offer memory offer) private view returns (uint256) {
        uint256 sold = _soldWh[offer.seller][offer.nonce];
        return offer.maxWh > sold ? offer.maxWh - sold : 0;
    }

    function _limit(uint32[] memory series, uint256 leftWh, uint256 unitWh) private pure {
        for (uint256 i = 0; i < series.length; ++i) {
            if (series[i] > leftWh) series[i] = uint32(leftWh - (leftWh % unitWh));
            leftWh -= series[i];
        }
    }

    function _keyOfActor(address actor) private view returns (uint256) {
        for (uint256 i = 0; i < ACTORS; ++i) {
            if (_actors[i] == actor) return _keyOf(i);
        }
        revert("no actor");
    }
}
