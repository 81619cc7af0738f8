// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IAccounts} from "../../interfaces/IAccounts.sol";
import {ISettlement} from "../../interfaces/ISettlement.sol";
import {CurrencyPermit} from "../../types/Offers.sol";
import {MoneyActions} from "./MoneyActions.sol";

/// @notice What can happen to the money of the day settlement, with a plain account of it. No action reverts.
abstract contract AccountActions is MoneyActions {
    address internal constant STREET_TREASURY = address(0x57ee7);
    /// @dev As much as a few days of one meter cost, so that some are unfunded.
    uint256 private constant MOST_BASE_UNITS = 1e11;

    struct AccountCounters {
        uint256 deposits;
        uint256 withdrawals;
        uint256 funded;
        uint256 defunded;
        uint256 stoodStill;
        uint256 waited;
        uint256 refusedByPause;
        uint256 collections;
        uint256 pauses;
    }

    AccountCounters internal _accountCounters;
    mapping(address account => uint256) internal _accountMoney;
    mapping(uint32 meter => uint256) internal _meterMoney;
    uint256 internal _treasuryMoney;
    uint256 internal _collectedMoney;
    bool internal _paused;

    function accountCounters() external view returns (AccountCounters memory) {
        return _accountCounters;
    }

    // ---------------------------------------------------------------- actions

    /// @dev For oneself or another.
    function deposit(uint256 seed) external action {
        uint256 amount = 1 + ((seed >> 16) % MOST_BASE_UNITS);
        address payer = _actors[seed % ACTORS];
        address account = _actors[(seed >> 8) % ACTORS];
        if (currency.balanceOf(payer) < MONEY_EACH / 2) return;
        if (_paused) return _refusePaused(payer, abi.encodeCall(IAccounts.deposit, (account, amount)));
        _deposit(payer, account, amount);
    }

    /// @dev Relayed by this contract.
    function depositWithPermit(uint256 seed) external action {
        uint256 amount = 1 + ((seed >> 16) % MOST_BASE_UNITS);
        address account = _actors[seed % ACTORS];
        if (currency.balanceOf(account) < MONEY_EACH / 2) return;
        bytes32 content = keccak256(
            abi.encode(
                keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"),
                account,
                neighbourhood,
                amount,
                currency.nonces(account),
                clock
            )
        );
        bytes32 digest = _digest(currency.name(), address(currency), content);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(_keyOf(seed % ACTORS), digest);
        CurrencyPermit memory permit = CurrencyPermit(amount, clock, v, r, s);
        if (_paused)
            return _refusePaused(address(this), abi.encodeCall(IAccounts.depositWithPermit, (account, permit)));
        neighbourhood.depositWithPermit(account, permit);
        _accountMoney[account] += amount;
        ++_accountCounters.deposits;
    }

    function withdraw(uint256 seed) external action {
        address account = _actors[seed % ACTORS];
        uint256 amount = _someOf(_accountMoney[account], seed >> 16);
        _refuseCall(
            account,
            abi.encodeCall(IAccounts.withdraw, (account, _accountMoney[account] + 1)),
            IAccounts.InsufficientAccount.selector
        );
        if (amount != 0) _withdraw(seed % ACTORS, amount, (seed >> 8) % 2 == 0);
    }

    function fundMeter(uint256 seed) external action {
        uint32 meter = _meter(seed);
        address owner = ownerOf(meter);
        uint256 most = _accountMoney[owner] < MOST_BASE_UNITS ? _accountMoney[owner] : MOST_BASE_UNITS;
        uint256 amount = _someOf(most, seed >> 16);
        if (_accounts[meter].closed || amount == 0) return;
        bytes memory call = abi.encodeCall(IAccounts.fundMeter, (meter, amount));
        if (_paused) return _refusePaused(owner, call);
        if (_standsStill(meter)) return _refuseMoving(owner, call);
        _fund(meter, amount, (seed >> 8) % 2 == 0);
    }

    /// @dev Of any meter, closed ones too.
    function defundMeter(uint256 seed) external action {
        uint32 meter = _meter(seed);
        uint256 amount = _someOf(_meterMoney[meter], seed >> 16);
        if (amount != 0) _defund(meter, amount, (seed >> 8) % 2 == 0);
    }

    /// @dev Whoever wants money out of a meter while a window is open has all of it when the window closes, at the latest.
    function defundAtClose(uint256 seed) external action {
        uint32 meter = _meter(seed);
        if (_meterMoney[meter] == 0 || !_standsStill(meter)) return;
        uint256 askedAt = clock;
        _defund(meter, _meterMoney[meter], false);
        clock = neighbourhood.market().openedAt + CLOSING_WINDOW_SECONDS;
        require(clock - askedAt <= CLOSING_WINDOW_SECONDS, "money of a meter waits longer than a window");
        vm.warp(clock);
        vm.prank(ownerOf(meter));
        neighbourhood.defundMeter(meter, _meterMoney[meter]);
        _accountMoney[ownerOf(meter)] += _meterMoney[meter];
        _meterMoney[meter] = 0;
        _withdraw((meter - 1) % (ACTORS - 1), _accountMoney[ownerOf(meter)], false);
        ++_accountCounters.waited;
    }

    function collectTreasury(uint256) external action {
        require(neighbourhood.collectTreasury(STREET_TREASURY) == _treasuryMoney, "treasury");
        _collectedMoney += _treasuryMoney;
        _treasuryMoney = 0;
        ++_accountCounters.collections;
    }

    /// @dev Seldom, and not for long.
    function pauseOrUnpause(uint256 seed) external action {
        if (!_paused && seed % 3 != 0) return;
        if (_paused) {
            neighbourhood.unpause();
        } else {
            neighbourhood.pause();
            ++_accountCounters.pauses;
        }
        _paused = !_paused;
    }

    // ---------------------------------------------------------------- at any time

    /// @dev An account's money can always be had; a meter's too, unless it shares and a window is open. Paused or not.
    function _afterAction() internal virtual override {
        super._afterAction();
        for (uint256 i = 0; i < ACTORS; ++i) {
            if (_accountMoney[_actors[i]] != 0) _withdraw(i, 1, false);
        }
        for (uint32 meter = 1; meter <= METERS; ++meter) {
            if (_meterMoney[meter] != 0) _defund(meter, 1, false);
        }
    }

    function _deposit(address payer, address account, uint256 amount) internal {
        vm.prank(payer);
        currency.approve(address(neighbourhood), amount);
        vm.prank(payer);
        neighbourhood.deposit(account, amount);
        _accountMoney[account] += amount;
        ++_accountCounters.deposits;
    }

    function _fund(uint32 meter, uint256 amount, bool relayed) internal {
        address owner = ownerOf(meter);
        if (relayed) {
            bytes memory fields = abi.encode(
                keccak256("FundMeter(uint32 meter,uint256 amountBaseUnits,uint256 nonce,uint256 deadline)"),
                meter,
                amount
            );
            bytes memory signature = _signAction(_keyOfOwner(meter), owner, fields, clock);
            neighbourhood.fundMeterBySig(meter, amount, clock, signature);
        } else {
            vm.prank(owner);
            neighbourhood.fundMeter(meter, amount);
        }
        _accountMoney[owner] -= amount;
        _meterMoney[meter] += amount;
        ++_accountCounters.funded;
    }

    function _withdraw(uint256 actor, uint256 amount, bool relayed) private {
        address account = _actors[actor];
        uint256 had = currency.balanceOf(account);
        if (relayed) {
            bytes memory fields = abi.encode(
                keccak256(
                    "Withdraw(address account,address to,uint256 amountBaseUnits,uint256 nonce,uint256 deadline)"
                ),
                account,
                account,
                amount
            );
            bytes memory signature = _signAction(_keyOf(actor), account, fields, clock);
            neighbourhood.withdrawBySig(account, account, amount, clock, signature);
        } else {
            vm.prank(account);
            neighbourhood.withdraw(account, amount);
        }
        require(currency.balanceOf(account) == had + amount, "withdrawn");
        _accountMoney[account] -= amount;
        ++_accountCounters.withdrawals;
    }

    /// @dev Succeeds exactly if nothing stands still.
    function _defund(uint32 meter, uint256 amount, bool relayed) private {
        address owner = ownerOf(meter);
        bytes memory call = abi.encodeCall(IAccounts.defundMeter, (meter, amount));
        if (_standsStill(meter)) return _refuseMoving(owner, call);
        if (relayed) {
            bytes memory fields = abi.encode(
                keccak256("DefundMeter(uint32 meter,uint256 amountBaseUnits,uint256 nonce,uint256 deadline)"),
                meter,
                amount
            );
            bytes memory signature = _signAction(_keyOfOwner(meter), owner, fields, clock);
            neighbourhood.defundMeterBySig(meter, amount, clock, signature);
        } else {
            vm.prank(owner);
            neighbourhood.defundMeter(meter, amount);
        }
        _meterMoney[meter] -= amount;
        _accountMoney[owner] += amount;
        ++_accountCounters.defunded;
    }

    // ---------------------------------------------------------------- refusals

    function _standsStill(uint32 meter) internal view returns (bool) {
        return _windowIsOpen() && _state(meter).sharing;
    }

    function _refuseMoving(address caller, bytes memory call) internal {
        _refuseCall(caller, call, ISettlement.StandsStill.selector);
        ++_accountCounters.stoodStill;
    }

    function _refusePaused(address caller, bytes memory call) internal {
        _refuseCall(caller, call, ISettlement.IsPaused.selector);
        ++_accountCounters.refusedByPause;
    }

    /// @dev The neighbourhood must refuse a call with this error.
    function _refuseCall(address caller, bytes memory call, bytes4 expected) internal {
        if (caller != address(this)) vm.prank(caller);
        (bool success, bytes memory reason) = address(neighbourhood).call(call);
        require(!success, string.concat("must be refused: ", vm.toString(call)));
        require(
            bytes4(reason) == expected,
            string.concat("refused with ", vm.toString(reason), " instead of ", vm.toString(abi.encode(expected)))
        );
    }

    // ---------------------------------------------------------------- picking

    function _keyOfOwner(uint32 meter) internal pure returns (uint256) {
        return _keyOf((meter - 1) % (ACTORS - 1));
    }

    /// @dev Often all, else a part that is not nothing.
    function _someOf(uint256 all, uint256 seed) private pure returns (uint256) {
        return all == 0 || seed % 4 == 0 ? all : 1 + ((seed >> 8) % all);
    }
}
