// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IERC1155} from "@openzeppelin/contracts/token/ERC1155/IERC1155.sol";
import {Test, Vm} from "forge-std/Test.sol";

import {EnergyBatch, EnergyBatches} from "../libraries/EnergyBatches.sol";
import {PlainBatches} from "./twins/PlainBatches.sol";

/// @notice Batches built in place equal plainly built arrays.
contract EnergyBatchesTest is Test {
    uint256 private constant GUARD = 0x5afe5afe5afe5afe;

    /// @dev The batch has room for exactly what it gets, so a write too far shows in the guard behind it.
    function test_fuzz_pushAndPushLanes_equalPlain(
        uint256 seed,
        uint8 words,
        uint8 exponent,
        uint256 firstId
    ) external {
        uint256 unitWh = 10 ** bound(exponent, 0, 2);
        firstId = bound(firstId, 0, type(uint64).max);
        uint256[] memory lanes = new uint256[](bound(words, 0, 6));
        (uint256[] memory ids, uint256[] memory energyWh) = (new uint256[](0), new uint256[](0));
        for (uint256 i = 0; i < lanes.length; ++i) {
            lanes[i] = _lanes(uint256(keccak256(abi.encode(seed, i))));
            (ids, energyWh) = PlainBatches.pushLanes(ids, energyWh, lanes[i], firstId + 16 * i, unitWh);
        }
        bool single = seed % 2 == 1;
        if (single) (ids, energyWh) = (PlainBatches.push(ids, seed), PlainBatches.push(energyWh, ~seed));

        EnergyBatch memory batch = EnergyBatches.create(ids.length);
        uint256[1] memory guard = [GUARD];
        for (uint256 i = 0; i < lanes.length; ++i) batch.pushLanes(lanes[i], firstId + 16 * i, unitWh);
        if (single) batch.push(seed, ~seed);

        assertEq(batch.ids, ids);
        assertEq(batch.energyWh, energyWh);
        assertEq(guard[0], GUARD);
        _assertLog(batch, ids, energyWh);
        assertEq(guard[0], GUARD);
    }

    /// @dev The room a batch does not use is closed before it is logged.
    function test_fuzz_log_ofBatchWithRoomToSpare(uint256 seed, uint8 pushes, uint8 spare) external {
        uint256[] memory ids = new uint256[](bound(pushes, 0, 20));
        uint256[] memory energyWh = new uint256[](ids.length);
        EnergyBatch memory batch = EnergyBatches.create(ids.length + spare);
        uint256[1] memory guard = [GUARD];
        for (uint256 i = 0; i < ids.length; ++i) {
            ids[i] = uint256(keccak256(abi.encode(seed, i)));
            energyWh[i] = ~ids[i];
            batch.push(ids[i], energyWh[i]);
        }
        _assertLog(batch, ids, energyWh);
        assertEq(batch.ids, ids);
        assertEq(batch.energyWh, energyWh);
        assertEq(guard[0], GUARD);
    }

    function test_pushLanes_everySingleLane() external pure {
        for (uint256 i = 0; i < 16; ++i) {
            EnergyBatch memory batch = EnergyBatches.create(1);
            batch.pushLanes(32_767 << (15 * (15 - i)), 1_000, 100);
            assertEq(batch.ids.length, 1);
            assertEq(batch.ids[0], 1_000 + i);
            assertEq(batch.energyWh[0], 3_276_700);
        }
    }

    function test_pushLanes_twoBatchesStayApart() external pure {
        EnergyBatch memory first = EnergyBatches.create(16);
        EnergyBatch memory second = EnergyBatches.create(16);
        first.pushLanes(2 ** 240 - 1, 0, 1);
        second.pushLanes((2 ** 240 - 1) / 32_767, 500, 1);
        for (uint256 i = 0; i < 16; ++i) {
            assertEq(first.ids[i], i);
            assertEq(first.energyWh[i], 32_767);
            assertEq(second.ids[i], 500 + i);
            assertEq(second.energyWh[i], 1);
        }
    }

    function _assertLog(EnergyBatch memory batch, uint256[] memory ids, uint256[] memory energyWh) private {
        vm.recordLogs();
        batch.log(address(1), address(2), address(3));
        Vm.Log[] memory logs = vm.getRecordedLogs();
        assertEq(logs.length, 1);
        assertEq(logs[0].topics.length, 4);
        assertEq(logs[0].topics[0], IERC1155.TransferBatch.selector);
        assertEq(uint256(logs[0].topics[1]), 1);
        assertEq(uint256(logs[0].topics[2]), 2);
        assertEq(uint256(logs[0].topics[3]), 3);
        assertEq(logs[0].data, abi.encode(ids, energyWh));
    }

    /// @dev Sixteen lanes of which a random part is empty, often four neighbours at a time.
    function _lanes(uint256 seed) private pure returns (uint256 lanes) {
        for (uint256 i = 0; i < 16; ++i) {
            uint256 random = uint256(keccak256(abi.encode(seed, i)));
            bool empty = (seed >> (i / 4)) & 1 == 1 || random % 3 == 0;
            lanes =
                (lanes << 15) |
                (
                    empty
                        ? 0
                        : random % 5 == 0
                            ? 32_767
                            : random >> 241
                );
        }
    }
}
