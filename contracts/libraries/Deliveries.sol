// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IEnergyToken} from "../interfaces/IEnergyToken.sol";

/// @title Deliveries
/// @notice Calls `safeRangeTransferFrom` with a series that lies in calldata, copying it whole instead of word by word.
/// @dev Plain twin: contracts/test/twins/PlainDeliveries.sol.
library Deliveries {
    /// @return fromIssuer As the token returns it; its revert is passed on unchanged.
    function deliver(
        IEnergyToken token,
        address from,
        address to,
        uint32 meter,
        uint32 firstInterval,
        uint32[] calldata energyWh
    ) internal returns (bool fromIssuer) {
        bytes4 selector = IEnergyToken.safeRangeTransferFrom.selector;
        // Invariant: what Solidity's encoder would write, except that bits beyond 32 of a series' word are left for the
        // token's decoder to refuse. A call that succeeds without an
        // answer is none: there is no contract. The
        // scratch behind the free memory pointer is not kept.
        assembly ("memory-safe") {
            let data := mload(0x40)
            let size := shl(5, energyWh.length)
            mstore(data, selector)
            mstore(add(data, 0x04), from)
            mstore(add(data, 0x24), to)
            mstore(add(data, 0x44), meter)
            mstore(add(data, 0x64), firstInterval)
            mstore(add(data, 0x84), 0xa0)
            mstore(add(data, 0xa4), energyWh.length)
            calldatacopy(add(data, 0xc4), energyWh.offset, size)
            if iszero(call(gas(), token, 0, data, add(0xc4, size), 0x00, 0x20)) {
                returndatacopy(data, 0x00, returndatasize())
                revert(data, returndatasize())
            }
            if lt(returndatasize(), 0x20) {
                revert(0x00, 0x00)
            }
            fromIssuer := mload(0x00)
        }
    }
}
