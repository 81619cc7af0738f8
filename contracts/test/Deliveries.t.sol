// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";

import {IEnergyToken} from "../interfaces/IEnergyToken.sol";
import {Deliveries} from "../libraries/Deliveries.sol";
import {Recorder} from "./mocks/Recorder.sol";
import {PlainDeliveries} from "./twins/PlainDeliveries.sol";

/// @notice A delivery sends, answers and reverts as an ordinary call does.
contract DeliveriesTest is Test {
    Recorder private immutable _RECORDER = new Recorder();

    function deliver(
        IEnergyToken token,
        address from,
        address to,
        uint32 meter,
        uint32 first,
        uint32[] calldata series
    ) external returns (bool) {
        return Deliveries.deliver(token, from, to, meter, first, series);
    }

    function plainDeliver(
        IEnergyToken token,
        address from,
        address to,
        uint32 meter,
        uint32 first,
        uint32[] calldata series
    ) external returns (bool) {
        return PlainDeliveries.deliver(token, from, to, meter, first, series);
    }

    function test_fuzz_deliver_sendsWhatTheTwinSends(
        address from,
        address to,
        uint32 meter,
        uint32 first,
        uint32[] calldata series,
        bool answer
    ) external {
        _RECORDER.prepare(abi.encode(answer), false);
        IEnergyToken token = IEnergyToken(address(_RECORDER));
        assertEq(this.deliver(token, from, to, meter, first, series), answer);
        bytes memory seen = _RECORDER.seen();
        assertEq(this.plainDeliver(token, from, to, meter, first, series), answer);
        assertEq(seen, _RECORDER.seen());
    }

    function test_fuzz_deliver_passesTheRevertOn(bytes calldata reason) external {
        _RECORDER.prepare(reason, true);
        (bool success, bytes memory result) = _call(this.deliver.selector, address(_RECORDER));
        (bool plainSuccess, bytes memory plainResult) = _call(this.plainDeliver.selector, address(_RECORDER));
        assertFalse(success);
        assertFalse(plainSuccess);
        assertEq(result, plainResult);
        assertEq(result, reason);
    }

    function test_deliver_withoutAnAnswer_reverts() external {
        _RECORDER.prepare("", false);
        (bool success, ) = _call(this.deliver.selector, address(_RECORDER));
        (bool plainSuccess, ) = _call(this.plainDeliver.selector, address(_RECORDER));
        assertFalse(success);
        assertFalse(plainSuccess);
    }

    function test_deliver_toNoContract_reverts() external {
        (bool success, ) = _call(this.deliver.selector, address(0xdead));
        assertFalse(success);
    }

    function _call(bytes4 selector, address token) private returns (bool, bytes memory) {
        uint32[] memory series = new uint32[](2);
        return
            address(this).call(
                abi.encodeWithSelector(selector, token, address(1), address(2), uint32(3), uint32(4), series)
            );
    }
}
