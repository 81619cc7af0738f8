// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";

import {ISharing} from "../interfaces/ISharing.sol";
import {LimitClassSet} from "../libraries/LimitClassSet.sol";
import {LimitClasses} from "../types/State.sol";

/// @notice The pairs of limits that meters have: each there exactly while somebody counts on it, and at most 31.
contract LimitClassSetTest is Test {
    LimitClasses private _classes;
    mapping(uint32 pair => uint256) private _expected;

    function acquire(uint16 askTicks, uint16 bidTicks) external {
        LimitClassSet.acquire(_classes, askTicks, bidTicks);
    }

    function test_fuzz_pairs_areThoseWithReferences(uint256 seed) external {
        for (uint256 i = 0; i < 150; ++i) {
            uint256 random = uint256(keccak256(abi.encode(seed, i)));
            (uint16 ask, uint16 bid) = (uint16(random % 7), uint16((random >> 16) % 7));
            uint32 pair = (uint32(ask) << 16) | bid;
            if ((random >> 32) % 2 == 0 && _expected[pair] != 0) {
                LimitClassSet.release(_classes, ask, bid);
                --_expected[pair];
            } else if (_expected[pair] != 0 || _classes.pairs.length < LimitClassSet.MAX_PAIRS) {
                LimitClassSet.acquire(_classes, ask, bid);
                ++_expected[pair];
            } else {
                vm.expectRevert(abi.encodeWithSelector(ISharing.TooManyLimitClasses.selector, _classes.pairs));
                this.acquire(ask, bid);
            }
            _check();
        }
    }

    function _check() private view {
        uint256 count = 0;
        for (uint16 ask = 0; ask < 7; ++ask) {
            for (uint16 bid = 0; bid < 7; ++bid) {
                uint32 pair = (uint32(ask) << 16) | bid;
                assertEq(_classes.references[pair], _expected[pair]);
                if (_expected[pair] == 0) {
                    assertEq(_classes.places[pair], 0);
                } else {
                    assertEq(_classes.pairs[_classes.places[pair] - 1], pair);
                    ++count;
                }
            }
        }
        assertEq(_classes.pairs.length, count);
    }
}
