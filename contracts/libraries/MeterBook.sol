// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

import {INeighbourhood} from "../interfaces/INeighbourhood.sol";
import {MeterFacts, NeighbourhoodState} from "../types/State.sol";
import {DayLanes} from "./DayLanes.sol";
import {Host} from "./Host.sol";
import {MeterWord} from "./MeterWords.sol";

/// @title MeterBook
/// @notice Looks meters up: whose they are, which device they have, what their unit is. Owner and unit are the token's.
library MeterBook {
    function issuerOf(uint32 meter) internal view returns (address owner, uint8 unitExponent) {
        (owner, unitExponent) = Host.token().issuer(meter);
        require(owner != address(0), INeighbourhood.UnknownMeter(meter));
    }

    function ownerOf(uint32 meter) internal view returns (address owner) {
        (owner, ) = issuerOf(meter);
    }

    function requireOwner(uint32 meter, address caller) internal view {
        address owner = ownerOf(meter);
        require(owner == caller, INeighbourhood.NotMeterOwner(meter, owner, caller));
    }

    function openFacts(
        NeighbourhoodState storage state,
        uint32 meter
    ) internal view returns (MeterFacts storage facts) {
        facts = state.facts[meter];
        require(!facts.closed, INeighbourhood.MeterIsClosed(meter));
    }

    /// @notice The current device of a registered meter, or the last one when revoked, and its word.
    function deviceOf(
        NeighbourhoodState storage state,
        uint32 meter
    ) internal view returns (address device, MeterWord word) {
        ownerOf(meter);
        device = state.facts[meter].device;
        require(device != address(0), INeighbourhood.MeterHasNoDevice(meter));
        word = state.words[device];
    }

    function unitWhOf(uint8 unitExponent) internal pure returns (uint256) {
        return 10 ** uint256(unitExponent);
    }

    function toCapUnits(uint32 capWh, uint8 unitExponent) internal pure returns (uint16) {
        uint256 unitWh = unitWhOf(unitExponent);
        uint256 maxWh = DayLanes.MAX_UNITS * unitWh;
        require(
            capWh != 0 && capWh % unitWh == 0 && capWh <= maxWh,
            INeighbourhood.InvalidCap(capWh, SafeCast.toUint32(unitWh), SafeCast.toUint32(maxWh))
        );
        return SafeCast.toUint16(capWh / unitWh);
    }
}
