// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title PlainRing
/// @notice Readable twin of `BalanceWords` and of the tokens above it: one number per holder, meter and interval, kept
/// for ever.
library PlainRing {
    struct Balances {
        mapping(address holder => mapping(uint32 meter => mapping(uint256 interval => uint256))) units;
    }

    function move(
        Balances storage self,
        address from,
        address to,
        uint32 meter,
        uint256 interval,
        uint256 amount
    ) internal {
        self.units[from][meter][interval] -= amount;
        self.units[to][meter][interval] += amount;
    }
}
