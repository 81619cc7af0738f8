// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @notice An ERC-20 that behaves as a test tells it to while it is paid with, after calling what the test wants.
contract HostileCurrency is ERC20 {
    enum Behaviour {
        Pay,
        Refuse, // returns false and moves nothing
        SayNothing, // moves, and returns no bool
        TakeFee // a tenth stays here
    }

    uint8 private immutable _DECIMALS;

    Behaviour private _behaviour;
    address private _aim;
    bytes private _data;
    /// @notice How the last call made while paying ended.
    bool public succeeded;
    bytes public result;

    constructor(uint8 decimals_) ERC20("Hostile", "BAD") {
        _DECIMALS = decimals_;
    }

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function behave(Behaviour behaviour) external {
        _behaviour = behaviour;
    }

    /// @notice Makes this call during every payment.
    function plot(address aim, bytes calldata data) external {
        (_aim, _data) = (aim, data);
    }

    function transferFrom(address from, address to, uint256 amount) public override returns (bool) {
        if (_aim != address(0)) (succeeded, result) = _aim.call(_data);
        if (_behaviour == Behaviour.Refuse) return false;
        super.transferFrom(from, to, amount);
        if (_behaviour == Behaviour.TakeFee) _transfer(to, address(this), amount / 10);
        if (_behaviour == Behaviour.SayNothing) {
            assembly ("memory-safe") {
                return(0, 0)
            }
        }
        return true;
    }

    function transfer(address to, uint256 amount) public override returns (bool) {
        return _behaviour != Behaviour.Refuse && super.transfer(to, amount);
    }

    function decimals() public view override returns (uint8) {
        return _DECIMALS;
    }
}
