// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title PlainDayLanes
/// @notice Readable twin of `DayLanes`: one interval at a time.
library PlainDayLanes {
    function scan(
        bytes memory intervals,
        uint256 capUnits
    ) internal pure returns (bool withinCap, uint256 importUnits, uint256 exportUnits) {
        withinCap = true;
        for (uint256 i = 0; i < 96; ++i) {
            uint256 imported = importAt(intervals, i);
            uint256 exported = exportAt(intervals, i);
            if (imported > capUnits || exported > capUnits) withinCap = false;
            importUnits += imported;
            exportUnits += exported;
        }
    }

    function hashImports(bytes memory intervals, uint32 day) internal pure returns (bytes32) {
        bytes memory text = abi.encodePacked(day);
        for (uint256 i = 0; i < 96; ++i) text = abi.encodePacked(text, uint16(importAt(intervals, i)));
        return keccak256(text);
    }

    function packExports(bytes memory intervals, uint256 sixteenth) internal pure returns (uint256 lanes) {
        for (uint256 i = 0; i < 16; ++i) lanes = lanes * 2 ** 15 + exportAt(intervals, 16 * sixteenth + i);
    }

    function importAt(bytes memory intervals, uint256 i) internal pure returns (uint256) {
        return 256 * uint8(intervals[4 * i]) + uint8(intervals[4 * i + 1]);
    }

    function exportAt(bytes memory intervals, uint256 i) internal pure returns (uint256) {
        return 256 * uint8(intervals[4 * i + 2]) + uint8(intervals[4 * i + 3]);
    }

    /// @notice The 384 bytes of a day.
    function encode(uint16[96] memory imports, uint16[96] memory exports) internal pure returns (bytes memory out) {
        out = new bytes(384);
        for (uint256 i = 0; i < 96; ++i) {
            out[4 * i] = bytes1(uint8(imports[i] >> 8));
            out[4 * i + 1] = bytes1(uint8(imports[i]));
            out[4 * i + 2] = bytes1(uint8(exports[i] >> 8));
            out[4 * i + 3] = bytes1(uint8(exports[i]));
        }
    }
}
