// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @notice Runs the settlement on this contract's storage and for its caller, and returns what it reverted with behind a
/// word of ones instead of reverting: a chain in a test looks at length into every call that fails.
contract Caught {
    address private constant CORE = 0x0000000000000000000000000000000000C0Dec0;

    // solhint-disable-next-line no-complex-fallback
    fallback() external {
        assembly {
            calldatacopy(0, 0, calldatasize())
            let succeeded := delegatecall(gas(), CORE, 0, calldatasize(), 0, 0)
            if succeeded {
                returndatacopy(0, 0, returndatasize())
                return(0, returndatasize())
            }
            mstore(0, not(0))
            returndatacopy(32, 0, returndatasize())
            return(0, add(32, returndatasize()))
        }
    }
}
