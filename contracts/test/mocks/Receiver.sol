// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IERC1155} from "@openzeppelin/contracts/token/ERC1155/IERC1155.sol";
import {IERC1155Receiver} from "@openzeppelin/contracts/token/ERC1155/IERC1155Receiver.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";

/// @notice A receiver that accepts, refuses in several ways or acts on its own while it is asked.
contract Receiver is IERC1155Receiver {
    enum Mode {
        Accept,
        WrongAnswer,
        RevertWithError,
        RevertWithText,
        RevertWithNothing,
        Panic,
        PassOn // half of the first amount to `next`, while being asked
    }

    error Refused(uint256 id);

    /// @notice Everything the receiver was told, so that comparing logs compares the calls too.
    event Asked(address operator, address from, uint256[] ids, uint256[] values, bytes data);

    Mode public mode;
    address private immutable _NEXT;

    constructor(Mode mode_, address next) {
        mode = mode_;
        _NEXT = next;
    }

    function onERC1155Received(
        address operator,
        address from,
        uint256 id,
        uint256 value,
        bytes calldata data
    ) external override returns (bytes4) {
        uint256[] memory ids = new uint256[](1);
        uint256[] memory values = new uint256[](1);
        (ids[0], values[0]) = (id, value);
        emit Asked(operator, from, ids, values, data);
        return _answer(ids, values, this.onERC1155Received.selector);
    }

    function onERC1155BatchReceived(
        address operator,
        address from,
        uint256[] calldata ids,
        uint256[] calldata values,
        bytes calldata data
    ) external override returns (bytes4) {
        emit Asked(operator, from, ids, values, data);
        return _answer(ids, values, this.onERC1155BatchReceived.selector);
    }

    function supportsInterface(bytes4 interfaceId) external pure override returns (bool) {
        return interfaceId == type(IERC1155Receiver).interfaceId || interfaceId == type(IERC165).interfaceId;
    }

    function _answer(uint256[] memory ids, uint256[] memory values, bytes4 yes) private returns (bytes4) {
        if (mode == Mode.WrongAnswer) return 0xdeadbeef;
        if (mode == Mode.RevertWithError) revert Refused(ids.length == 0 ? 0 : ids[0]);
        if (mode == Mode.RevertWithText) revert("refused");
        // solhint-disable-next-line gas-custom-errors, reason-string
        if (mode == Mode.RevertWithNothing) revert();
        if (mode == Mode.Panic) assert(false);
        if (mode == Mode.PassOn && ids.length != 0) {
            IERC1155(msg.sender).safeTransferFrom(address(this), _NEXT, ids[0], values[0] / 2, "");
        }
        return yes;
    }
}
