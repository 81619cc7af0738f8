// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title BoundedCalls
/// @notice Calls into contracts that are not trusted to be brief.
library BoundedCalls {
    /// @notice Calls `target` with at most `gasLimit` gas and tells whether it answered with its own selector, as
    /// ERC-1155 receivers do. What else it returns or reverts with is never copied, whatever its size.
    /// @param data Selector and arguments.
    function answersSelector(address target, uint256 gasLimit, bytes memory data) internal returns (bool accepted) {
        bytes32 expected = bytes4(data);
        // Invariant: the scratch word is read only where the callee has written all of it.
        assembly ("memory-safe") {
            let success := call(gasLimit, target, 0, add(data, 0x20), mload(data), 0x00, 0x20)
            accepted := and(success, and(gt(returndatasize(), 0x1f), eq(mload(0x00), expected)))
        }
    }
}
