// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Nonces} from "@openzeppelin/contracts/utils/Nonces.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";

import {ISignedActions} from "./interfaces/ISignedActions.sol";

/// @title SignedActions
/// @notice See {ISignedActions}.
abstract contract SignedActions is ISignedActions, EIP712, Nonces {
    /// @dev `content` is the struct hash, which includes the account's nonce, already consumed.
    function _checkSignature(
        address account,
        bytes32 content,
        uint256 deadline,
        bytes calldata signature
    ) internal view {
        require(block.timestamp <= deadline, SignatureExpired(deadline));
        require(
            SignatureChecker.isValidSignatureNowCalldata(account, _hashTypedDataV4(content), signature),
            InvalidSigner(account)
        );
    }
}
