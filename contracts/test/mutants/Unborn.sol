// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @notice A caller that has no code yet, as its constructor makes the call; it returns what the call returned.
contract Unborn {
    constructor(address to, bytes memory input) {
        assembly {
            let called := call(gas(), to, 0, add(input, 32), mload(input), 0, 0)
            returndatacopy(0, 0, returndatasize())
            return(0, mul(called, returndatasize()))
        }
    }
}
