// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {IERC1155Receiver} from "@openzeppelin/contracts/token/ERC1155/IERC1155Receiver.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";

/// @notice A contract wallet that does what a test tells it to when tokens arrive, and signs with one key (ERC-1271).
contract Puppet is IERC1155Receiver, IERC1271 {
    enum Reaction {
        Accept,
        AnswerWrongly,
        Revert,
        BurnGas,
        Call
    }

    address private immutable _KEY;

    Reaction public reaction;
    address public aim;
    bytes public data;
    /// @notice How the last call made on arrival ended.
    bool public succeeded;
    bytes public result;
    uint256 public received;

    error Refused();

    constructor(address key) {
        _KEY = key;
    }

    function react(Reaction reaction_, address aim_, bytes calldata data_) external {
        (reaction, aim, data) = (reaction_, aim_, data_);
    }

    function execute(address callee, bytes calldata callData) external {
        Address.functionCall(callee, callData);
    }

    function onERC1155Received(address, address, uint256, uint256, bytes calldata) external override returns (bytes4) {
        return _react() ? IERC1155Receiver.onERC1155Received.selector : bytes4(0);
    }

    function onERC1155BatchReceived(
        address,
        address,
        uint256[] calldata,
        uint256[] calldata,
        bytes calldata
    ) external override returns (bytes4) {
        return _react() ? IERC1155Receiver.onERC1155BatchReceived.selector : bytes4(0);
    }

    function isValidSignature(bytes32 hash, bytes calldata signature) external view override returns (bytes4) {
        return ECDSA.recoverCalldata(hash, signature) == _KEY ? IERC1271.isValidSignature.selector : bytes4(0);
    }

    function supportsInterface(bytes4 interfaceId) external pure override returns (bool) {
        return interfaceId == type(IERC1155Receiver).interfaceId || interfaceId == type(IERC165).interfaceId;
    }

    function _react() private returns (bool) {
        ++received;
        if (reaction == Reaction.Revert) revert Refused();
        while (reaction == Reaction.BurnGas) ++received;
        if (reaction == Reaction.Call) (succeeded, result) = aim.call(data);
        return reaction != Reaction.AnswerWrongly;
    }
}
