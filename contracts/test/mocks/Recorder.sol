// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @notice Keeps the call it got, then answers or reverts with the bytes it was given.
contract Recorder {
    bytes public seen;
    bytes private _answer;
    bool private _refuses;

    function prepare(bytes calldata answer, bool refuses) external {
        (_answer, _refuses) = (answer, refuses);
    }

    // solhint-disable-next-line no-complex-fallback, payable-fallback
    fallback(bytes calldata) external returns (bytes memory) {
        seen = msg.data;
        bytes memory answer = _answer;
        if (!_refuses) return answer;
        assembly ("memory-safe") {
            revert(add(answer, 0x20), mload(answer))
        }
    }
}
