// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title PlainPayments
/// @notice Readable twin of `Payments`: rounding by cases, the list by concatenation.
library PlainPayments {
    /// @dev Meter units x ticks x 2^30 to base units: 1 Wh at 1 tick is a tenth of one.
    uint256 internal constant SCALE = 10 * 2 ** 30;

    function toBaseUnits(uint256 purchase, uint256 sale, uint256 unitWh) internal pure returns (int256) {
        if (purchase <= sale) return -int256(((sale - purchase) * unitWh) / SCALE);
        uint256 owed = (purchase - sale) * unitWh;
        return int256(owed / SCALE + (owed % SCALE == 0 ? 0 : 1));
    }

    function list(uint32[] memory meters, int64[] memory payments) internal pure returns (bytes memory entries) {
        for (uint256 i = 0; i < meters.length; ++i) entries = abi.encodePacked(entries, meters[i], payments[i]);
    }
}
