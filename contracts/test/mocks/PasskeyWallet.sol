// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {ERC1155Holder} from "@openzeppelin/contracts/token/ERC1155/utils/ERC1155Holder.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {SignerERC7913} from "@openzeppelin/contracts/utils/cryptography/signers/SignerERC7913.sol";

/// @notice A contract wallet whose only key is one without an Ethereum address, checked by an ERC-7913 verifier.
contract PasskeyWallet is SignerERC7913, IERC1271, ERC1155Holder {
    constructor(bytes memory signer) SignerERC7913(signer) {}

    function execute(address callee, bytes calldata callData) external {
        Address.functionCall(callee, callData);
    }

    function isValidSignature(bytes32 hash, bytes calldata signature) external view override returns (bytes4) {
        return _rawSignatureValidation(hash, signature) ? IERC1271.isValidSignature.selector : bytes4(0xffffffff);
    }
}
