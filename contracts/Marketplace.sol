// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";

import {SignedActions} from "./SignedActions.sol";
import {IEnergyToken} from "./interfaces/IEnergyToken.sol";
import {IMarketplace} from "./interfaces/IMarketplace.sol";
import {INeighbourhood} from "./interfaces/INeighbourhood.sol";
import {OfferHash} from "./libraries/OfferHash.sol";
import {CurrencyPermit, Fill, Offer} from "./types/Offers.sol";

/// @title Marketplace
/// @notice See {IMarketplace}.
contract Marketplace is IMarketplace, AccessManaged, SignedActions, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    /// @dev One slot, the only one that filling an offer without `maxWh` reads.
    struct Seller {
        uint64 minNonce; // offers with a lower nonce are void
        uint128 cancelledBelow; // offers cancelled one by one all have a lower nonce: above it, nothing is to be looked up
    }

    /// @dev One slot, for offers with `maxWh` and for cancelled ones.
    struct OfferState {
        uint128 filledWh;
        bool cancelled;
    }

    bytes32 private constant FILL_MANY_TYPEHASH = keccak256(
        "FillMany(address buyer,bytes32 orders,uint256 maxPaymentBaseUnits,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant CANCEL_TYPEHASH = keccak256(
        "Cancel(address seller,uint64 offerNonce,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant CANCEL_ALL_TYPEHASH = keccak256(
        "CancelAll(address seller,uint64 minNonce,uint256 nonce,uint256 deadline)"
    );
    /// @dev 1 Wh at 1 tick is a tenth of a base unit: 0.0001 currency units per kWh, 6 decimals.
    uint256 private constant WH_TICKS_PER_BASE_UNIT = 10;

    /// @inheritdoc IMarketplace
    INeighbourhood public immutable override neighbourhood;
    /// @inheritdoc IMarketplace
    IEnergyToken public immutable override token;
    /// @inheritdoc IMarketplace
    IERC20 public immutable override currency;

    mapping(address seller => Seller) private _sellers;
    mapping(address seller => mapping(uint64 nonce => OfferState)) private _offers;

    constructor(
        INeighbourhood neighbourhood_,
        IERC20 currency_
    ) AccessManaged(AccessManaged(address(neighbourhood_)).authority()) EIP712("Commonwatt Marketplace", "1") {
        require(address(currency_).code.length != 0, NotAContract(address(currency_)));
        neighbourhood = neighbourhood_;
        token = neighbourhood_.token();
        currency = currency_;
    }

    // ---------------------------------------------------------------- buying

    /// @inheritdoc IMarketplace
    function fill(Fill calldata order, uint256 maxPaymentBaseUnits) external override nonReentrant {
        _fill(order, msg.sender, networkChargeTicks(), 0, maxPaymentBaseUnits);
    }

    /// @inheritdoc IMarketplace
    function fillMany(Fill[] calldata orders, uint256 maxPaymentBaseUnits) external override nonReentrant {
        _fillMany(orders, msg.sender, maxPaymentBaseUnits);
    }

    /// @inheritdoc IMarketplace
    function fillManyWithPermit(
        Fill[] calldata orders,
        uint256 maxPaymentBaseUnits,
        CurrencyPermit calldata permit
    ) external override nonReentrant {
        // Anyone may have used the permit before: what counts is the allowance, which the payment needs anyway.
        // solhint-disable no-empty-blocks
        try
            IERC20Permit(address(currency)).permit(
                msg.sender,
                address(this),
                permit.valueBaseUnits,
                permit.deadline,
                permit.v,
                permit.r,
                permit.s
            )
        {} catch {}
        // solhint-enable no-empty-blocks
        _fillMany(orders, msg.sender, maxPaymentBaseUnits);
    }

    /// @inheritdoc IMarketplace
    function fillManyBySig(
        address buyer,
        Fill[] calldata orders,
        uint256 maxPaymentBaseUnits,
        uint256 deadline,
        bytes calldata signature
    ) external override nonReentrant {
        bytes32 content = keccak256(
            abi.encode(FILL_MANY_TYPEHASH, buyer, hashOrders(orders), maxPaymentBaseUnits, _useNonce(buyer), deadline)
        );
        _checkSignature(buyer, content, deadline, signature);

        _fillMany(orders, buyer, maxPaymentBaseUnits);
    }

    // ---------------------------------------------------------------- cancelling

    /// @inheritdoc IMarketplace
    function cancel(uint64 nonce) external override {
        _cancel(msg.sender, nonce);
    }

    /// @inheritdoc IMarketplace
    function cancelAll(uint64 minNonce) external override {
        _cancelAll(msg.sender, minNonce);
    }

    /// @inheritdoc IMarketplace
    function cancelBySig(
        address seller,
        uint64 offerNonce,
        uint256 deadline,
        bytes calldata signature
    ) external override {
        bytes32 content = keccak256(abi.encode(CANCEL_TYPEHASH, seller, offerNonce, _useNonce(seller), deadline));
        _checkSignature(seller, content, deadline, signature);

        _cancel(seller, offerNonce);
    }

    /// @inheritdoc IMarketplace
    function cancelAllBySig(
        address seller,
        uint64 minNonce,
        uint256 deadline,
        bytes calldata signature
    ) external override {
        bytes32 content = keccak256(abi.encode(CANCEL_ALL_TYPEHASH, seller, minNonce, _useNonce(seller), deadline));
        _checkSignature(seller, content, deadline, signature);

        _cancelAll(seller, minNonce);
    }

    // ---------------------------------------------------------------- network charge

    /// @inheritdoc IMarketplace
    function collectNetworkCharges(address to) external override restricted returns (uint256 amountBaseUnits) {
        amountBaseUnits = currency.balanceOf(address(this));

        emit NetworkChargesCollected(to, amountBaseUnits);

        currency.safeTransfer(to, amountBaseUnits);
    }

    // ---------------------------------------------------------------- views

    /// @inheritdoc IMarketplace
    function networkChargeTicks() public view override returns (uint16) {
        return neighbourhood.networkChargeTicks();
    }

    /// @inheritdoc IMarketplace
    function hashOffer(Offer calldata offer) public view override returns (bytes32) {
        return _hashTypedDataV4(OfferHash.hash(offer));
    }

    /// @inheritdoc IMarketplace
    function hashOrders(Fill[] calldata orders) public view override returns (bytes32) {
        bytes32[] memory parts = new bytes32[](3 * orders.length);
        for (uint256 i = 0; i < orders.length; ++i) {
            parts[3 * i] = hashOffer(orders[i].offer);
            parts[3 * i + 1] = bytes32(uint256(orders[i].firstInterval));
            parts[3 * i + 2] = keccak256(abi.encodePacked(orders[i].energyWh));
        }
        return keccak256(abi.encodePacked(parts));
    }

    /// @inheritdoc IMarketplace
    function offerStatus(address seller, uint64 nonce) external view override returns (uint256 filledWh, bool active) {
        return (_offers[seller][nonce].filledWh, _isActive(seller, nonce));
    }

    // ---------------------------------------------------------------- filling, inside

    function _fillMany(Fill[] calldata orders, address buyer, uint256 maxPaymentBaseUnits) private {
        require(orders.length != 0, NothingToFill());
        uint256 chargeTicks = networkChargeTicks();
        uint256 spentBaseUnits = 0;
        for (uint256 i = 0; i < orders.length; ++i) {
            spentBaseUnits = _fill(orders[i], buyer, chargeTicks, spentBaseUnits, maxPaymentBaseUnits);
        }
    }

    /// @return totalBaseUnits What the buyer has spent including this order.
    function _fill(
        Fill calldata order,
        address buyer,
        uint256 chargeTicks,
        uint256 spentBaseUnits,
        uint256 limitBaseUnits
    ) private returns (uint256 totalBaseUnits) {
        Offer calldata offer = order.offer;
        uint256 energyWh = _checkOrder(order, buyer);
        _checkOfferSignature(offer, order.signature);
        require(_isActive(offer.seller, offer.nonce), OfferNotActive(offer.seller, offer.nonce));
        uint256 paidBaseUnits = _toBaseUnitsUp(energyWh, offer.priceTicks);
        uint256 chargeBaseUnits = _toBaseUnitsUp(energyWh, chargeTicks);
        totalBaseUnits = spentBaseUnits + paidBaseUnits + chargeBaseUnits;
        require(totalBaseUnits <= limitBaseUnits, PaymentAboveLimit(totalBaseUnits, limitBaseUnits));

        if (offer.maxWh == 0) _checkMeterOwner(offer);
        else _countFilled(offer, energyWh);

        emit OfferFilled(
            offer.seller,
            buyer,
            offer.nonce,
            offer.meter,
            offer.priceTicks,
            order.firstInterval,
            energyWh,
            paidBaseUnits,
            chargeBaseUnits
        );

        if (paidBaseUnits != 0) currency.safeTransferFrom(buyer, offer.seller, paidBaseUnits);
        if (chargeBaseUnits != 0) currency.safeTransferFrom(buyer, address(this), chargeBaseUnits);
        token.safeRangeTransferFrom(offer.seller, buyer, offer.meter, order.firstInterval, order.energyWh);
    }

    /// @return energyWh The sum of the order, not zero.
    function _checkOrder(Fill calldata order, address buyer) private view returns (uint256 energyWh) {
        Offer calldata offer = order.offer;
        require(offer.token == address(token), WrongToken(offer.token, address(token)));
        require(offer.buyer == address(0) || offer.buyer == buyer, WrongBuyer(buyer, offer.buyer));
        require(block.timestamp < offer.expiry, OfferExpired(offer.expiry, block.timestamp));

        uint256 count = order.energyWh.length;
        for (uint256 i = 0; i < count; ++i) energyWh += order.energyWh[i];
        require(energyWh != 0, NothingToFill());
        uint256 last = uint256(order.firstInterval) + count - 1;
        require(
            order.firstInterval >= offer.firstInterval && last <= offer.lastInterval,
            IntervalsOutsideOffer(order.firstInterval, last, offer.firstInterval, offer.lastInterval)
        );
    }

    /// @dev A plain key first: most sellers have one, and asking whether an account has code costs more than to try.
    function _checkOfferSignature(Offer calldata offer, bytes calldata signature) private view {
        bytes32 digest = hashOffer(offer);
        (address recovered, ECDSA.RecoverError problem, ) = ECDSA.tryRecoverCalldata(digest, signature);
        if (problem == ECDSA.RecoverError.NoError && recovered == offer.seller) return;
        require(
            offer.seller.code.length != 0 &&
                SignatureChecker.isValidERC1271SignatureNowCalldata(offer.seller, digest, signature),
            InvalidOfferSignature(offer.seller)
        );
    }

    function _isActive(address seller, uint64 nonce) private view returns (bool) {
        Seller memory state = _sellers[seller];
        if (nonce < state.minNonce) return false;
        return nonce >= state.cancelledBelow || !_offers[seller][nonce].cancelled;
    }

    function _checkMeterOwner(Offer calldata offer) private view {
        (address owner, ) = token.issuer(offer.meter);
        require(owner == offer.seller, NotMeterOwner(offer.meter, owner, offer.seller));
    }

    function _countFilled(Offer calldata offer, uint256 energyWh) private {
        OfferState storage state = _offers[offer.seller][offer.nonce];
        uint256 filledWh = state.filledWh;
        // Two offers with one nonce share the count, and the smaller one may already be exceeded.
        uint256 remainingWh = offer.maxWh > filledWh ? offer.maxWh - filledWh : 0;
        require(energyWh <= remainingWh, OfferOverfilled(offer.nonce, energyWh, remainingWh));
        state.filledWh = uint128(filledWh + energyWh);
    }

    function _toBaseUnitsUp(uint256 energyWh, uint256 ticks) private pure returns (uint256) {
        return (energyWh * ticks + (WH_TICKS_PER_BASE_UNIT - 1)) / WH_TICKS_PER_BASE_UNIT;
    }

    // ---------------------------------------------------------------- cancelling, inside

    function _cancel(address seller, uint64 nonce) private {
        require(_isActive(seller, nonce), OfferNotActive(seller, nonce));

        _offers[seller][nonce].cancelled = true;
        Seller storage state = _sellers[seller];
        if (nonce >= state.cancelledBelow) state.cancelledBelow = uint128(nonce) + 1;

        emit OfferCancelled(seller, nonce);
    }

    function _cancelAll(address seller, uint64 minNonce) private {
        Seller storage state = _sellers[seller];
        require(minNonce > state.minNonce, NonceTooLow(minNonce, state.minNonce));

        state.minNonce = minNonce;

        emit OffersCancelled(seller, minNonce);
    }
}
