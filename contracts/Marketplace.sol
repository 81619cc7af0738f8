// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

import {SignedActions} from "./SignedActions.sol";
import {IEnergyToken} from "./interfaces/IEnergyToken.sol";
import {IMarketplace} from "./interfaces/IMarketplace.sol";
import {INeighbourhood} from "./interfaces/INeighbourhood.sol";
import {Calendar} from "./libraries/Calendar.sol";
import {Deliveries} from "./libraries/Deliveries.sol";
import {EnergySeries} from "./libraries/EnergySeries.sol";
import {MarketWord} from "./libraries/MarketWords.sol";
import {OfferHash} from "./libraries/OfferHash.sol";
import {Prices} from "./libraries/Prices.sol";
import {CurrencyPermit, Fill, Offer} from "./types/Offers.sol";

/// @title Marketplace
/// @notice See {IMarketplace}.
contract Marketplace is IMarketplace, AccessManaged, SignedActions, ReentrancyGuardTransient {
    using Deliveries for IEnergyToken;
    using SafeERC20 for IERC20;

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
    uint8 private constant CURRENCY_DECIMALS = 6;

    /// @inheritdoc IMarketplace
    INeighbourhood public immutable override neighbourhood;
    /// @inheritdoc IMarketplace
    IEnergyToken public immutable override token;
    /// @inheritdoc IMarketplace
    IERC20 public immutable override currency;

    MarketWord private _market;
    /// @dev Offers of the seller with a lower nonce are void.
    mapping(address seller => uint64) private _minNonces;
    mapping(address seller => mapping(uint64 nonce => OfferState)) private _offers;

    constructor(
        INeighbourhood neighbourhood_,
        IERC20 currency_
    ) AccessManaged(AccessManaged(address(neighbourhood_)).authority()) EIP712("Commonwatt Marketplace", "1") {
        require(address(currency_).code.length != 0, NotAContract(address(currency_)));
        uint8 decimals = IERC20Metadata(address(currency_)).decimals();
        require(decimals == CURRENCY_DECIMALS, WrongCurrencyDecimals(decimals, CURRENCY_DECIMALS));
        neighbourhood = neighbourhood_;
        token = neighbourhood_.token();
        currency = currency_;
    }

    // ---------------------------------------------------------------- buying

    /// @inheritdoc IMarketplace
    function fill(Fill calldata order, uint256 maxPaymentBaseUnits) external override nonReentrant {
        _fill(order, msg.sender, _market, 0, maxPaymentBaseUnits);
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

    // ---------------------------------------------------------------- network charge (governed)

    /// @inheritdoc IMarketplace
    function scheduleNetworkCharge(uint16 chargeTicks, uint32 effectiveDay) external override restricted {
        uint256 today = Calendar.today();
        require(effectiveDay > today, ChargeNotInFuture(effectiveDay, SafeCast.toUint32(today)));

        _market = _market.withCharge(networkChargeTicks(), chargeTicks, effectiveDay);

        emit NetworkChargeScheduled(chargeTicks, effectiveDay);
    }

    /// @inheritdoc IMarketplace
    function collectNetworkCharges(address to) external override restricted returns (uint256 amountBaseUnits) {
        amountBaseUnits = currency.balanceOf(address(this));

        emit NetworkChargesCollected(to, amountBaseUnits);

        currency.safeTransfer(to, amountBaseUnits);
    }

    // ---------------------------------------------------------------- views

    /// @inheritdoc IMarketplace
    function networkChargeTicks() public view override returns (uint16) {
        return _market.chargeTicks(Calendar.today());
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
        return (_offers[seller][nonce].filledWh, _isActive(_market, seller, nonce));
    }

    // ---------------------------------------------------------------- filling, inside

    function _fillMany(Fill[] calldata orders, address buyer, uint256 maxPaymentBaseUnits) private {
        require(orders.length != 0, NothingToFill());
        uint256 spentBaseUnits = 0;
        for (uint256 i = 0; i < orders.length; ++i) {
            // Read again each time: a receiver may cancel its other offers in between.
            spentBaseUnits = _fill(orders[i], buyer, _market, spentBaseUnits, maxPaymentBaseUnits);
        }
    }

    /// @return totalBaseUnits What the buyer has spent including this order.
    function _fill(
        Fill calldata order,
        address buyer,
        MarketWord market,
        uint256 spentBaseUnits,
        uint256 limitBaseUnits
    ) private returns (uint256 totalBaseUnits) {
        Offer calldata offer = order.offer;
        address seller = offer.seller;
        uint64 nonce = offer.nonce;
        uint32 meter = offer.meter;
        uint32 firstInterval = order.firstInterval;
        uint32[] calldata energies = order.energyWh;

        _checkOffer(offer, buyer);
        uint256 energyWh = _checkRange(offer, firstInterval, energies);
        _checkOfferSignature(offer, seller, order.signature);
        require(_isActive(market, seller, nonce), OfferNotActive(seller, nonce));
        uint64 maxWh = offer.maxWh;
        if (maxWh != 0) _countFilled(seller, nonce, maxWh, energyWh);
        uint16 priceTicks = offer.priceTicks;
        uint256 paidBaseUnits = Prices.toBaseUnitsUp(energyWh, priceTicks);
        uint256 chargeBaseUnits = Prices.toBaseUnitsUp(energyWh, market.chargeTicks(Calendar.today()));
        totalBaseUnits = spentBaseUnits + paidBaseUnits + chargeBaseUnits;
        require(totalBaseUnits <= limitBaseUnits, PaymentAboveLimit(totalBaseUnits, limitBaseUnits));

        emit OfferFilled(
            seller,
            buyer,
            nonce,
            meter,
            priceTicks,
            firstInterval,
            energyWh,
            paidBaseUnits,
            chargeBaseUnits
        );

        if (paidBaseUnits != 0) currency.safeTransferFrom(buyer, seller, paidBaseUnits);
        if (chargeBaseUnits != 0) currency.safeTransferFrom(buyer, address(this), chargeBaseUnits);
        bool fromIssuer = token.deliver(seller, buyer, meter, firstInterval, energies);

        // Asked last because the delivered balance has the answer; a revert undoes payment and delivery.
        if (maxWh == 0 && !fromIssuer) _revertNotMeterOwner(meter, seller);
    }

    function _checkOffer(Offer calldata offer, address buyer) private view {
        address offeredToken = offer.token;
        require(offeredToken == address(token), WrongToken(offeredToken, address(token)));
        address onlyBuyer = offer.buyer;
        require(onlyBuyer == address(0) || onlyBuyer == buyer, WrongBuyer(buyer, onlyBuyer));
        uint64 expiry = offer.expiry;
        require(block.timestamp < expiry, OfferExpired(expiry, block.timestamp));
    }

    /// @return energyWh The sum of the order, not zero.
    function _checkRange(
        Offer calldata offer,
        uint32 firstInterval,
        uint32[] calldata energies
    ) private pure returns (uint256 energyWh) {
        energyWh = EnergySeries.sum(energies);
        require(energyWh != 0, NothingToFill());
        uint32 offerFirst = offer.firstInterval;
        uint32 offerLast = offer.lastInterval;
        uint256 last = uint256(firstInterval) + energies.length - 1;
        require(
            firstInterval >= offerFirst && last <= offerLast,
            IntervalsOutsideOffer(firstInterval, last, offerFirst, offerLast)
        );
    }

    /// @dev A plain key first: most sellers have one, and asking whether an account has code costs more than to try.
    function _checkOfferSignature(Offer calldata offer, address seller, bytes calldata signature) private view {
        bytes32 digest = hashOffer(offer);
        (address recovered, ECDSA.RecoverError problem, ) = ECDSA.tryRecoverCalldata(digest, signature);
        if (problem == ECDSA.RecoverError.NoError && recovered == seller) return;
        require(
            seller.code.length != 0 && SignatureChecker.isValidERC1271SignatureNowCalldata(seller, digest, signature),
            InvalidOfferSignature(seller)
        );
    }

    function _isActive(MarketWord market, address seller, uint64 nonce) private view returns (bool) {
        if (!market.mayHaveCancelled(seller)) return true;
        return nonce >= _minNonces[seller] && !_offers[seller][nonce].cancelled;
    }

    function _revertNotMeterOwner(uint32 meter, address seller) private view {
        (address owner, ) = token.issuer(meter);
        revert NotMeterOwner(meter, owner, seller);
    }

    function _countFilled(address seller, uint64 nonce, uint64 maxWh, uint256 energyWh) private {
        OfferState storage state = _offers[seller][nonce];
        uint256 filledWh = state.filledWh;
        // Two offers with one nonce share the count, and the smaller one may already be exceeded.
        uint256 remainingWh = maxWh > filledWh ? maxWh - filledWh : 0;
        require(energyWh <= remainingWh, OfferOverfilled(nonce, energyWh, remainingWh));
        state.filledWh = SafeCast.toUint128(filledWh + energyWh);
    }

    // ---------------------------------------------------------------- cancelling, inside

    function _cancel(address seller, uint64 nonce) private {
        MarketWord market = _market;
        require(_isActive(market, seller, nonce), OfferNotActive(seller, nonce));

        if (!market.mayHaveCancelled(seller)) _market = market.withCanceller(seller);
        _offers[seller][nonce].cancelled = true;

        emit OfferCancelled(seller, nonce);
    }

    function _cancelAll(address seller, uint64 minNonce) private {
        uint64 current = _minNonces[seller];
        require(minNonce > current, NonceTooLow(minNonce, current));
        MarketWord market = _market;

        if (!market.mayHaveCancelled(seller)) _market = market.withCanceller(seller);
        _minNonces[seller] = minNonce;

        emit OffersCancelled(seller, minNonce);
    }
}
