// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {IAccounts} from "../interfaces/IAccounts.sol";
import {INeighbourhood} from "../interfaces/INeighbourhood.sol";
import {ISettlement} from "../interfaces/ISettlement.sol";
import {ISignedActions} from "../interfaces/ISignedActions.sol";
import {CurrencyPermit} from "../types/Offers.sol";
import {NeighbourhoodState, Treasury} from "../types/State.sol";
import {Host} from "./Host.sol";
import {MeterBook} from "./MeterBook.sol";
import {MeterWord} from "./MeterWords.sol";
import {WindowRules} from "./WindowRules.sol";

/// @title Accounts
/// @notice Money of owners and meters: see {IAccounts}. Linked: a neighbourhood runs these functions on its own state and
/// its caller's input.
/// @dev All money comes in by `deposit` and goes out by `withdraw` and `collect`; in between it is only moved, so the total
/// held bounds every single balance.
library Accounts {
    using SafeERC20 for IERC20;

    /// @dev What a balance lane holds.
    uint256 private constant HELD_LIMIT = type(uint56).max;

    function deposit(address account, uint256 amountBaseUnits) external {
        _deposit(Host.currency(), msg.sender, account, amountBaseUnits);
    }

    function depositWithPermit(address account, CurrencyPermit calldata permit) external {
        IERC20 currency = Host.currency();
        if (msg.sender == account) _tryPermit(IERC20Permit(address(currency)), account, permit);
        else _usePermit(IERC20Permit(address(currency)), account, permit);

        _deposit(currency, account, account, permit.valueBaseUnits);
    }

    /// @param account Whose money it is, by call or signature.
    function withdraw(address account, address to, uint256 amountBaseUnits) external {
        NeighbourhoodState storage state = Host.state();
        _requireOutside(to);
        _debit(state, account, amountBaseUnits);
        state.treasury.heldBaseUnits -= uint64(amountBaseUnits);

        emit IAccounts.Withdrawn(account, to, amountBaseUnits);

        Host.currency().safeTransfer(to, amountBaseUnits);
    }

    /// @param owner Who wants it, by call or signature.
    function fundMeter(uint32 meter, uint256 amountBaseUnits, address owner) external {
        NeighbourhoodState storage state = Host.state();
        _requireNotPaused(state);
        MeterBook.requireOwner(meter, owner);
        MeterBook.openFacts(state, meter);
        (address device, MeterWord word) = MeterBook.deviceOf(state, meter);
        WindowRules.requireMovable(state.market, Host.closingWindowSeconds(), meter, word);

        _debit(state, owner, amountBaseUnits);
        state.words[device] = word.withBalance(word.balance() + amountBaseUnits);

        emit IAccounts.MeterFunded(meter, owner, amountBaseUnits);
    }

    /// @param owner Who wants it, by call or signature.
    function defundMeter(uint32 meter, uint256 amountBaseUnits, address owner) external {
        NeighbourhoodState storage state = Host.state();
        MeterBook.requireOwner(meter, owner);
        require(amountBaseUnits != 0, IAccounts.NothingToMove());
        (address device, MeterWord word) = MeterBook.deviceOf(state, meter);
        WindowRules.requireMovable(state.market, Host.closingWindowSeconds(), meter, word);
        uint256 balanceBaseUnits = word.balance();
        require(
            amountBaseUnits <= balanceBaseUnits,
            IAccounts.InsufficientMeterBalance(meter, balanceBaseUnits, amountBaseUnits)
        );

        state.words[device] = word.withBalance(balanceBaseUnits - amountBaseUnits);
        state.accountsBaseUnits[owner] += amountBaseUnits;

        emit IAccounts.MeterDefunded(meter, owner, amountBaseUnits);
    }

    function collectTreasury(address to) external returns (uint256 amountBaseUnits) {
        _requireOutside(to);
        Treasury storage treasury = Host.state().treasury;
        amountBaseUnits = treasury.balanceBaseUnits;

        treasury.balanceBaseUnits = 0;
        treasury.heldBaseUnits -= uint64(amountBaseUnits);

        emit IAccounts.TreasuryCollected(to, amountBaseUnits);

        Host.currency().safeTransfer(to, amountBaseUnits);
    }

    /// @dev Credited first, so that nothing is open while the currency is called; what it really moved is checked after.
    function _deposit(IERC20 currency, address payer, address account, uint256 amountBaseUnits) private {
        NeighbourhoodState storage state = Host.state();
        _requireNotPaused(state);
        require(account != address(0), INeighbourhood.InvalidOwner(account));
        require(amountBaseUnits != 0, IAccounts.NothingToMove());
        uint256 heldBaseUnits = Math.saturatingAdd(state.treasury.heldBaseUnits, amountBaseUnits);
        require(heldBaseUnits <= HELD_LIMIT, IAccounts.TooMuchMoney(heldBaseUnits, HELD_LIMIT));
        uint256 before = currency.balanceOf(address(this));

        state.treasury.heldBaseUnits = uint64(heldBaseUnits);
        state.accountsBaseUnits[account] += amountBaseUnits;

        emit IAccounts.Deposited(account, payer, amountBaseUnits);

        currency.safeTransferFrom(payer, address(this), amountBaseUnits);
        uint256 receivedBaseUnits = currency.balanceOf(address(this)) - before;
        require(
            receivedBaseUnits == amountBaseUnits,
            IAccounts.WrongAmountReceived(receivedBaseUnits, amountBaseUnits)
        );
    }

    /// @dev Anyone may have used the account's own permit before: what counts is the allowance, which the payment needs
    /// anyway.
    function _tryPermit(IERC20Permit currency, address account, CurrencyPermit calldata permit) private {
        // solhint-disable no-empty-blocks
        try
            currency.permit(
                account,
                address(this),
                permit.valueBaseUnits,
                permit.deadline,
                permit.v,
                permit.r,
                permit.s
            )
        {} catch {}
        // solhint-enable no-empty-blocks
    }

    /// @dev Somebody else must not spend an allowance that was given before, for another purpose: the permit has to be good
    /// and is used here. Its nonce shows that the currency really looked at it, since one without permits may have a
    /// fallback that answers to everything.
    function _usePermit(IERC20Permit currency, address account, CurrencyPermit calldata permit) private {
        uint256 nonce = currency.nonces(account);
        currency.permit(account, address(this), permit.valueBaseUnits, permit.deadline, permit.v, permit.r, permit.s);
        require(currency.nonces(account) == nonce + 1, ISignedActions.InvalidSigner(account));
    }

    function _debit(NeighbourhoodState storage state, address account, uint256 amountBaseUnits) private {
        require(amountBaseUnits != 0, IAccounts.NothingToMove());
        uint256 balanceBaseUnits = state.accountsBaseUnits[account];
        require(
            amountBaseUnits <= balanceBaseUnits,
            IAccounts.InsufficientAccount(account, balanceBaseUnits, amountBaseUnits)
        );

        state.accountsBaseUnits[account] = balanceBaseUnits - amountBaseUnits;
    }

    function _requireOutside(address to) private view {
        require(to != address(this), IAccounts.InvalidReceiver(to));
    }

    function _requireNotPaused(NeighbourhoodState storage state) private view {
        require(!state.market.paused, ISettlement.IsPaused());
    }
}
