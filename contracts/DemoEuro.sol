// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";

/// @title DemoEuro
/// @notice Play money for a local chain: 6 decimals, permit, and everyone may mint.
/// @dev Refuses to exist anywhere else, so that it is never taken for money.
contract DemoEuro is ERC20Permit {
    uint256 private constant HARDHAT_CHAIN = 31_337;
    uint256 private constant GANACHE_CHAIN = 1_337;

    error NotALocalChain(uint256 chainId);

    constructor() ERC20("Demo Euro", "dEUR") ERC20Permit("Demo Euro") {
        require(block.chainid == HARDHAT_CHAIN || block.chainid == GANACHE_CHAIN, NotALocalChain(block.chainid));
    }

    /// @notice Makes money out of nothing.
    function mint(address to, uint256 amountBaseUnits) external {
        _mint(to, amountBaseUnits);
    }

    /// @notice Base units are millionths of a euro.
    function decimals() public pure override returns (uint8) {
        return 6;
    }
}
