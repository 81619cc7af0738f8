// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {CurrencyPermit} from "../types/Offers.sol";

/// @title Accounts
/// @notice Money of the day settlement: an account per owner, from which each meter's prepaid balance is funded.
/// @dev Safe: the currency held is always at least accounts + prepaid balances + treasury, and exactly that unless somebody
/// gives it away; only an owner, by call or signature,
/// takes money out of their account or meters. Live: accounts are free at all times, paused or not; what lies on a meter
/// waits for the end of a closing window at most.
interface IAccounts {
    event Deposited(address indexed account, address indexed payer, uint256 amountBaseUnits);
    event Withdrawn(address indexed account, address indexed to, uint256 amountBaseUnits);
    event MeterFunded(uint32 indexed meter, address indexed account, uint256 amountBaseUnits);
    event MeterDefunded(uint32 indexed meter, address indexed account, uint256 amountBaseUnits);
    event TreasuryCollected(address indexed to, uint256 amountBaseUnits);

    error WrongCurrencyDecimals(uint8 decimals, uint8 expected);
    /// @notice The currency moved another amount than asked, as one with transfer fees does.
    error WrongAmountReceived(uint256 receivedBaseUnits, uint256 expectedBaseUnits);
    /// @notice Money paid to the neighbourhood itself would be nobody's.
    error InvalidReceiver(address to);
    error NothingToMove();
    error InsufficientAccount(address account, uint256 balanceBaseUnits, uint256 neededBaseUnits);
    error InsufficientMeterBalance(uint32 meter, uint256 balanceBaseUnits, uint256 neededBaseUnits);
    /// @notice A prepaid balance has 56 bits: no more than that is held in all.
    error TooMuchMoney(uint256 heldBaseUnits, uint256 limitBaseUnits);

    /// @notice Pays the caller's currency into `account`. The caller may pay for another.
    function deposit(address account, uint256 amountBaseUnits) external;

    /// @notice Pays `account`'s own currency into `account`, by the account's ERC-2612 permit to this contract. Anyone may
    /// relay it; the account itself needs no valid permit if it has approved before.
    function depositWithPermit(address account, CurrencyPermit calldata permit) external;

    /// @notice Pays out of the caller's account. Never paused.
    function withdraw(address to, uint256 amountBaseUnits) external;

    /// @notice `withdraw` on the account's signature, relayed by anyone.
    /// @dev Signed: `Withdraw(address account,address to,uint256 amountBaseUnits,uint256 nonce,uint256 deadline)`.
    function withdrawBySig(
        address account,
        address to,
        uint256 amountBaseUnits,
        uint256 deadline,
        bytes calldata signature
    ) external;

    /// @notice Moves money from the caller's account to the prepaid balance of a meter the caller owns. Not while a closing
    /// window is open, if the meter shares.
    function fundMeter(uint32 meter, uint256 amountBaseUnits) external;

    /// @notice `fundMeter` on the signature of the meter's owner, relayed by anyone.
    /// @dev Signed: `FundMeter(uint32 meter,uint256 amountBaseUnits,uint256 nonce,uint256 deadline)`.
    function fundMeterBySig(uint32 meter, uint256 amountBaseUnits, uint256 deadline, bytes calldata signature) external;

    /// @notice Moves money from a meter's prepaid balance to its owner's account. Not while a closing window is open, if the
    /// meter shares. Never paused, and free after the meter was closed or its device revoked.
    function defundMeter(uint32 meter, uint256 amountBaseUnits) external;

    /// @notice `defundMeter` on the signature of the meter's owner, relayed by anyone.
    /// @dev Signed: `DefundMeter(uint32 meter,uint256 amountBaseUnits,uint256 nonce,uint256 deadline)`.
    function defundMeterBySig(
        uint32 meter,
        uint256 amountBaseUnits,
        uint256 deadline,
        bytes calldata signature
    ) external;

    /// @notice Pays out what settled days left: network charges and dust. Role: treasurer.
    /// @return amountBaseUnits All the treasury held.
    function collectTreasury(address to) external returns (uint256 amountBaseUnits);

    function currency() external view returns (IERC20);

    /// @notice Money in an owner's account, base units. Prepaid balances of meters are in `deviceState`.
    function accountBalance(address account) external view returns (uint256);

    function treasuryBalance() external view returns (uint256);

    /// @notice Accounts + prepaid balances + treasury, base units.
    function heldBalance() external view returns (uint256);
}
