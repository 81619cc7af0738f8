// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @notice An ERC-20 that, while it is paid with, calls whatever a test told it to, or answers `false`.
contract HostileCurrency is ERC20 {
    address public target;
    bytes public data;
    bool public refuses;
    /// @notice How the last call made while paying ended.
    bool public succeeded;
    bytes public result;

    constructor() ERC20("Hostile", "BAD") {}

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function plot(address target_, bytes calldata data_, bool refuses_) external {
        (target, data, refuses) = (target_, data_, refuses_);
    }

    function transferFrom(address from, address to, uint256 amount) public override returns (bool) {
        if (target != address(0)) (succeeded, result) = target.call(data);
        if (refuses) return false;
        return super.transferFrom(from, to, amount);
    }

    function transfer(address to, uint256 amount) public override returns (bool) {
        if (refuses) return false;
        return super.transfer(to, amount);
    }
}
