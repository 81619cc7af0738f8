// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IERC1155} from "@openzeppelin/contracts/token/ERC1155/IERC1155.sol";

import {ISignedActions} from "./ISignedActions.sol";

/// @title EnergyToken
/// @notice ERC-1155 in which one unit is 1 Wh and the id is (meter, interval): id = meter * 2^32 + interval. One per
/// neighbourhood, which alone mints and burns. A token lives until its retirement window closes, then its balance is 0.
/// @dev Safe: balances of a day live in a ring of 32 days that is longer than the window, so reuse never touches a live
/// balance. Live: transfers depend on nobody but the holder and the receiver.
interface IEnergyToken is IERC1155, ISignedActions {
    /// @notice A meter may issue tokens from now on.
    event IssuerAdmitted(uint32 indexed meter, address indexed owner, uint8 unitExponent);

    error InvalidRetirementWindow(uint256 windowDays, uint256 maxDays);
    error NotNeighbourhood(address caller);
    /// @notice The day's tokens would already be expired.
    error RetirementWindowClosed(uint32 day, uint256 closedAt);
    /// @notice The amount is not a multiple of the unit of the meter that made the tokens.
    error NotMultipleOfUnit(uint256 id, uint256 energyWh, uint256 unitWh);
    /// @notice The receiver refused the tokens or used more than the gas a receiver is given.
    error ReceiverRefused(address receiver);
    error EmptyRange();
    error RangeTooLong(uint256 length, uint256 limit);

    // ---------------------------------------------------------------- neighbourhood only

    /// @notice Admits a meter as issuer, once and for ever.
    function admitIssuer(uint32 meter, address owner, uint8 unitExponent) external;

    /// @notice Mints one day's export to the meter's owner.
    /// @dev Exactly once per meter and day, with exports of at most 32,767 units, as the neighbourhood has checked.
    /// A contract that owns the meter is told by `onERC1155BatchReceived` with at most 100,000 gas, and may refuse.
    /// @param intervals The 384 bytes of the day profile, meter units.
    function mintDay(uint32 meter, uint32 day, bytes calldata intervals) external;

    /// @notice Burns `energyWh` of contiguous intervals, at most 96.
    function burnRange(address from, uint32 meter, uint32 firstInterval, uint32[] calldata energyWh) external;

    // ---------------------------------------------------------------- holders

    /// @notice Moves energy of one meter over contiguous intervals: a batch transfer that touches each storage word once.
    /// @dev Same approvals, receiver checks and events as `safeBatchTransferFrom`, or as `safeTransferFrom` where one
    /// interval is left; intervals with 0 Wh are left out. At most 96 intervals.
    /// @return fromIssuer Whether energy moved and `from` owns the meter that made it: the balance itself says so, which
    /// spares a marketplace the question.
    function safeRangeTransferFrom(
        address from,
        address to,
        uint32 meter,
        uint32 firstInterval,
        uint32[] calldata energyWh
    ) external returns (bool fromIssuer);

    /// @notice `setApprovalForAll` on the holder's signature, relayed by anyone.
    /// @dev Signed: `SetApprovalForAll(address owner,address operator,bool approved,uint256 nonce,uint256 deadline)`.
    function setApprovalForAllBySig(
        address owner,
        address operator,
        bool approved,
        uint256 deadline,
        bytes calldata signature
    ) external;

    /// @notice `safeBatchTransferFrom` (with empty data) on the holder's signature, relayed by anyone.
    /// @dev Signed: `TransferBatch(address from,address to,uint256[] ids,uint256[] values,uint256 nonce,uint256 deadline)`.
    function safeBatchTransferFromBySig(
        address from,
        address to,
        uint256[] calldata ids,
        uint256[] calldata values,
        uint256 deadline,
        bytes calldata signature
    ) external;

    // ---------------------------------------------------------------- views

    function neighbourhood() external view returns (address);

    /// @notice Days after its own during which a token can be moved and retired.
    function retirementWindowDays() external view returns (uint256);

    /// @notice Owner of the meter that issues, and its unit exponent. Zero for a meter that was never admitted.
    function issuer(uint32 meter) external view returns (address owner, uint8 unitExponent);

    /// @notice Unix second from which a token's balance reads 0, for indexers; 0 for an id no meter can issue.
    function expiresAt(uint256 id) external view returns (uint256);

    /// @notice The holder's balances of one meter over contiguous intervals, Wh. At most 3,072 (32 days).
    function balanceOfRange(
        address holder,
        uint32 meter,
        uint32 firstInterval,
        uint256 count
    ) external view returns (uint256[] memory energyWh);
}
