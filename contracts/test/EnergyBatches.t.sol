// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";

import {EnergyBatch, EnergyBatches} from "../libraries/EnergyBatches.sol";

/// @notice Batches built in place equal plainly built arrays.
contract EnergyBatchesTest is Test {
    function test_create_isEmpty() external pure {
        EnergyBatch memory batch = EnergyBatches.create(3);
        assertEq(batch.ids.length, 0);
    }
}
