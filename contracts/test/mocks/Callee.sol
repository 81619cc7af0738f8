// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @notice Answers every call the same way, chosen at construction.
contract Callee {
    enum Mode {
        Selector, // its own selector, as an ERC-1155 receiver does
        WrongSelector,
        SelectorAndNoise, // the selector, with bits behind it
        Short, // the selector in 31 bytes
        Empty,
        RevertWithSelector,
        RevertWithText,
        Bomb, // a megabyte of return data
        RevertBomb,
        BurnGas,
        Panic
    }

    Mode private immutable _MODE;
    uint256 public calls;

    constructor(Mode mode) {
        _MODE = mode;
    }

    // solhint-disable-next-line no-complex-fallback, payable-fallback
    fallback(bytes calldata) external returns (bytes memory) {
        if (_MODE == Mode.BurnGas) while (true) ++calls;
        ++calls;
        bytes memory selector = bytes.concat(msg.sig, bytes28(0));
        if (_MODE == Mode.Selector) return selector;
        if (_MODE == Mode.WrongSelector) return abi.encode(~msg.sig);
        if (_MODE == Mode.SelectorAndNoise) return bytes.concat(msg.sig, bytes28(uint224(1)));
        if (_MODE == Mode.Short) return bytes.concat(msg.sig, bytes27(0));
        if (_MODE == Mode.Empty) return "";
        if (_MODE == Mode.RevertWithText) revert("refused");
        if (_MODE == Mode.Panic) assert(calls == 0);
        bool success = _MODE == Mode.Bomb;
        uint256 length = success || _MODE == Mode.RevertBomb ? 20_000 : 32;
        assembly ("memory-safe") {
            mstore(0, mload(add(selector, 0x20)))
            if success {
                return(0, length)
            }
            revert(0, length)
        }
    }
}
