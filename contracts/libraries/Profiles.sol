// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

import {INeighbourhood} from "../interfaces/INeighbourhood.sol";
import {NeighbourhoodState} from "../types/State.sol";
import {Calendar} from "./Calendar.sol";
import {DayLanes} from "./DayLanes.sol";
import {MeterWord, MeterWords} from "./MeterWords.sol";
import {P256Devices} from "./P256Devices.sol";
import {Quality} from "./Quality.sol";

/// @title Profiles
/// @notice Verifies a signed day profile, the same way wherever one comes in by itself: recorded, forced or late.
library Profiles {
    /// @notice EIP-712 type of what a device signs.
    bytes32 internal constant TYPEHASH = keccak256(
        "DayProfile(uint32 day,uint64 importRegister,uint64 exportRegister,uint256 quality,bytes32 intervals)"
    );

    /// @notice EIP-712 struct hash of a profile.
    /// @dev Takes the fields one by one, as `check` does, so that each is read from the input once.
    function contentOf(
        uint32 day,
        uint64 importRegister,
        uint64 exportRegister,
        uint256 quality,
        bytes calldata intervals
    ) internal pure returns (bytes32) {
        return keccak256(abi.encode(TYPEHASH, day, importRegister, exportRegister, quality, keccak256(intervals)));
    }

    /// @notice Who signed a profile: an active device of this neighbourhood.
    /// @param digest What was signed, the domain included.
    function identify(
        NeighbourhoodState storage state,
        bytes32 digest,
        bytes calldata signature
    ) internal view returns (address device, MeterWord word) {
        device = _recover(digest, signature);
        word = state.words[device];
        require(word.meter() != 0, INeighbourhood.UnknownDevice(device));
        require(word.isActive(), INeighbourhood.DeviceTombstoned(device, word.meter()));
    }

    /// @notice Checks that a profile continues its device's word and keeps its bounds.
    /// @return importUnits Sum of the intervals, at most the register's increase.
    /// @return exportUnits As above.
    /// @return importIncrease Of the register, meter units.
    /// @return exportIncrease As above.
    function check(
        MeterWord word,
        uint32 day,
        uint64 importRegister,
        uint64 exportRegister,
        uint256 quality,
        bytes calldata intervals
    ) internal view returns (uint256 importUnits, uint256 exportUnits, uint256 importIncrease, uint256 exportIncrease) {
        uint256 endsAt = Calendar.endOf(day);
        require(block.timestamp >= endsAt, INeighbourhood.DayNotOver(day, endsAt, block.timestamp));
        // A day that is over fits 16 bits until the year 2149; the cast says so then.
        require(SafeCast.toUint16(day) > word.lastDay(), INeighbourhood.DayNotAfterLast(day, word.lastDay()));
        importIncrease = _increase(importRegister, word.importRegister());
        exportIncrease = _increase(exportRegister, word.exportRegister());
        (importUnits, exportUnits) = _checkIntervals(day, quality, intervals, word.capUnits());
        require(importUnits <= importIncrease, INeighbourhood.IntervalsExceedRegister(importUnits, importIncrease));
        require(exportUnits <= exportIncrease, INeighbourhood.IntervalsExceedRegister(exportUnits, exportIncrease));
    }

    /// @notice Checks that a register fits its lane.
    function checkRegister(uint64 register) internal pure {
        require(
            register < MeterWords.REGISTER_LIMIT,
            INeighbourhood.RegisterOutOfRange(register, MeterWords.REGISTER_LIMIT)
        );
    }

    function _recover(bytes32 digest, bytes calldata signature) private view returns (address device) {
        if (signature.length == P256Devices.LENGTH) {
            device = P256Devices.recover(digest, signature);
            require(device != address(0), INeighbourhood.MalformedSignature(signature.length));
        } else {
            ECDSA.RecoverError problem;
            (device, problem, ) = ECDSA.tryRecoverCalldata(digest, signature);
            require(problem == ECDSA.RecoverError.NoError, INeighbourhood.MalformedSignature(signature.length));
        }
    }

    function _increase(uint64 register, uint64 previous) private pure returns (uint256) {
        checkRegister(register);
        require(register >= previous, INeighbourhood.RegisterBackwards(register, previous));
        return register - previous;
    }

    function _checkIntervals(
        uint32 day,
        uint256 quality,
        bytes calldata intervals,
        uint256 capUnits
    ) private pure returns (uint256 importUnits, uint256 exportUnits) {
        require(
            intervals.length == DayLanes.LENGTH,
            INeighbourhood.InvalidIntervalsLength(intervals.length, DayLanes.LENGTH)
        );
        bool withinCap;
        (withinCap, importUnits, exportUnits) = DayLanes.scan(intervals, capUnits);
        if (!withinCap) _revertAboveCap(day, intervals, capUnits);
        require(Quality.isValid(quality), INeighbourhood.InvalidQuality(quality));
        if (Quality.hasMissing(quality)) _checkMissing(day, quality, intervals);
    }

    /// @dev Names the first interval above the cap.
    function _revertAboveCap(uint32 day, bytes calldata intervals, uint256 capUnits) private pure {
        for (uint256 i = 0; i < Calendar.INTERVALS_PER_DAY; ++i) {
            (uint256 importUnits, uint256 exportUnits) = DayLanes.at(intervals, i);
            uint256 units = importUnits > exportUnits ? importUnits : exportUnits;
            require(units <= capUnits, INeighbourhood.IntervalAboveCap(Calendar.intervalOf(day, i), units, capUnits));
        }
    }

    function _checkMissing(uint32 day, uint256 quality, bytes calldata intervals) private pure {
        for (uint256 i = 0; i < Calendar.INTERVALS_PER_DAY; ++i) {
            if (!Quality.isMissing(quality, i)) continue;
            (uint256 importUnits, uint256 exportUnits) = DayLanes.at(intervals, i);
            uint256 units = importUnits + exportUnits;
            require(units == 0, INeighbourhood.MissingIntervalNotZero(Calendar.intervalOf(day, i), units));
        }
    }
}
