// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ISharing} from "../interfaces/ISharing.sol";
import {LimitClasses} from "../types/State.sol";

/// @title LimitClassSet
/// @notice The pairs of limits that meters have or have queued, counted by reference: a settlement's cost grows with
/// their number, so it is bounded.
library LimitClassSet {
    /// @notice Besides the community price.
    uint256 internal constant MAX_PAIRS = 31;

    /// @notice Counts one more meter with these limits.
    function acquire(LimitClasses storage classes, uint16 askTicks, uint16 bidTicks) internal {
        uint32 pair = _pair(askTicks, bidTicks);
        if (classes.places[pair] == 0) {
            uint256 count = classes.pairs.length;
            require(count < MAX_PAIRS, ISharing.TooManyLimitClasses(classes.pairs));
            classes.pairs.push(pair);
            classes.places[pair] = uint8(count + 1);
        }
        ++classes.references[pair];
    }

    /// @notice Counts one meter less. The last one takes the pair out.
    function release(LimitClasses storage classes, uint16 askTicks, uint16 bidTicks) internal {
        uint32 pair = _pair(askTicks, bidTicks);
        if (--classes.references[pair] != 0) return;
        uint32 last = classes.pairs[classes.pairs.length - 1];
        uint8 place = classes.places[pair];
        classes.pairs[place - 1] = last;
        classes.places[last] = place;
        classes.pairs.pop();
        // After the others: it may be the last one itself.
        delete classes.places[pair];
    }

    function _pair(uint16 askTicks, uint16 bidTicks) private pure returns (uint32) {
        return (uint32(askTicks) << 16) | bidTicks;
    }
}
