// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {CurrencyPermit, Fill, Offer} from "../types/Offers.sol";
import {IEnergyToken} from "./IEnergyToken.sol";
import {INeighbourhood} from "./INeighbourhood.sol";
import {ISignedActions} from "./ISignedActions.sol";

/// @title Marketplace
/// @notice Trades energy tokens of one neighbourhood against one ERC-20, by offers signed off chain. A fill pays and
/// delivers in the same transaction or not at all.
/// @dev Money: the seller gets ceil(energyWh * priceTicks / 10) base units, the network charge is
/// ceil(energyWh * chargeTicks / 10), each rounded once per fill, against the buyer: splitting a purchase never makes it
/// cheaper. The contract holds nothing but collected network charges.
/// Safe: an offer is never overfilled, and never filled after its expiry or cancellation. Live: cancelling depends on nobody.
interface IMarketplace is ISignedActions {
    event OfferFilled(
        address indexed seller,
        address indexed buyer,
        uint64 indexed nonce,
        uint32 meter,
        uint16 priceTicks,
        uint32 firstInterval,
        uint256 energyWh,
        uint256 paidBaseUnits,
        uint256 chargeBaseUnits
    );
    event OfferCancelled(address indexed seller, uint64 indexed nonce);
    /// @notice All offers of `seller` with a nonce below `minNonce` are void.
    event OffersCancelled(address indexed seller, uint64 minNonce);
    event NetworkChargeScheduled(uint16 chargeTicks, uint32 effectiveDay);
    event NetworkChargesCollected(address indexed to, uint256 amountBaseUnits);

    error NotAContract(address account);
    /// @notice Prices are stated for a currency of 6 decimals.
    error WrongCurrencyDecimals(uint8 decimals, uint8 expected);
    error WrongToken(address given, address expected);
    error OfferExpired(uint64 expiry, uint256 timestamp);
    error OfferNotActive(address seller, uint64 nonce);
    error WrongBuyer(address caller, address expected);
    error OfferOverfilled(uint64 nonce, uint256 requestedWh, uint256 remainingWh);
    /// @notice An offer without `maxWh` may be signed only by the owner of the meter that made the tokens.
    error NotMeterOwner(uint32 meter, address owner, address seller);
    error IntervalsOutsideOffer(uint256 first, uint256 last, uint32 offerFirst, uint32 offerLast);
    error NothingToFill();
    error InvalidOfferSignature(address seller);
    error PaymentAboveLimit(uint256 totalBaseUnits, uint256 limitBaseUnits);
    error ChargeNotInFuture(uint32 effectiveDay, uint32 today);
    error NonceTooLow(uint64 minNonce, uint64 current);

    // ---------------------------------------------------------------- buying

    /// @notice Buys from one offer. The caller pays and receives.
    /// @param maxPaymentBaseUnits Most the caller is willing to pay, network charge included.
    function fill(Fill calldata order, uint256 maxPaymentBaseUnits) external;

    /// @notice Buys from many offers, all or nothing.
    function fillMany(Fill[] calldata orders, uint256 maxPaymentBaseUnits) external;

    /// @notice `fillMany` that first uses an ERC-2612 permit of the caller. A permit that was already used is no error.
    function fillManyWithPermit(
        Fill[] calldata orders,
        uint256 maxPaymentBaseUnits,
        CurrencyPermit calldata permit
    ) external;

    /// @notice `fillMany` on the buyer's signature, relayed by anyone; the buyer pays and receives.
    /// @dev Signed: `FillMany(address buyer,bytes32 orders,uint256 maxPaymentBaseUnits,uint256 nonce,uint256 deadline)` with
    /// `orders` = `hashOrders(orders)`.
    function fillManyBySig(
        address buyer,
        Fill[] calldata orders,
        uint256 maxPaymentBaseUnits,
        uint256 deadline,
        bytes calldata signature
    ) external;

    // ---------------------------------------------------------------- cancelling

    /// @notice Voids the caller's offer with this nonce.
    function cancel(uint64 nonce) external;

    /// @notice Voids all of the caller's offers with a nonce below `minNonce`.
    function cancelAll(uint64 minNonce) external;

    /// @notice `cancel` on the seller's signature. Signed: `Cancel(address seller,uint64 offerNonce,uint256 nonce,uint256 deadline)`.
    function cancelBySig(address seller, uint64 offerNonce, uint256 deadline, bytes calldata signature) external;

    /// @notice `cancelAll` on the seller's signature. Signed: `CancelAll(address seller,uint64 minNonce,uint256 nonce,uint256 deadline)`.
    function cancelAllBySig(address seller, uint64 minNonce, uint256 deadline, bytes calldata signature) external;

    // ---------------------------------------------------------------- network charge (governed)

    /// @notice Sets the network charge from a future day on. Replaces a charge that is not yet in force. Role: governor.
    /// @dev Kept here and not in the neighbourhood: a fill reads it together with the set of cancelling sellers.
    /// @param chargeTicks 0.0001 currency units per kWh, added to what a buyer pays.
    function scheduleNetworkCharge(uint16 chargeTicks, uint32 effectiveDay) external;

    /// @notice Sends the collected network charges on. Role: treasurer.
    function collectNetworkCharges(address to) external returns (uint256 amountBaseUnits);

    // ---------------------------------------------------------------- views

    function neighbourhood() external view returns (INeighbourhood);

    function token() external view returns (IEnergyToken);

    function currency() external view returns (IERC20);

    /// @notice The charge in force now, ticks.
    function networkChargeTicks() external view returns (uint16);

    /// @notice EIP-712 hash of an offer, as the seller signs it.
    function hashOffer(Offer calldata offer) external view returns (bytes32);

    /// @notice keccak256 over the concatenated (offer hash, firstInterval, keccak256(energyWh words)) of each order.
    function hashOrders(Fill[] calldata orders) external view returns (bytes32);

    /// @notice What an offer has sold so far and whether it can still be filled. Only offers with `maxWh` count energy.
    function offerStatus(address seller, uint64 nonce) external view returns (uint256 filledWh, bool active);
}
