// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Base64} from "@openzeppelin/contracts/utils/Base64.sol";
import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";

import {Custody, EnergySource, Meter, MeterKind} from "../types/Meters.sol";
import {Calendar} from "./Calendar.sol";

/// @notice What a certificate says beyond the facts of its meter.
struct CertificateFacts {
    address issuer; // the neighbourhood
    address token;
    uint32 meter;
    uint32 interval;
    uint256 expiresAt; // unix seconds
}

/// @title Certificates
/// @notice Metadata of an energy token with the attributes of a granular certificate: who issued it, which metering
/// point delivered, where, from what source, in which quarter-hour.
library Certificates {
    using Strings for uint256;
    using Strings for address;

    /// @notice A `data:` URI with JSON.
    function uri(CertificateFacts memory facts, Meter memory meter) internal view returns (string memory) {
        return
            string.concat(
                "data:application/json;base64,",
                Base64.encode(
                    bytes(
                        string.concat(
                            '{"name":"Energy of meter ',
                            uint256(facts.meter).toString(),
                            ", interval ",
                            uint256(facts.interval).toString(),
                            '","description":"One unit is 1 Wh that the metering point delivered in this quarter-hour.",',
                            '"decimals":0,"properties":{',
                            _issue(facts),
                            _delivery(facts),
                            _origin(meter),
                            "}}"
                        )
                    )
                )
            );
    }

    function _issue(CertificateFacts memory facts) private view returns (string memory) {
        return
            string.concat(
                '"issuer":"',
                facts.issuer.toChecksumHexString(),
                '","token":"',
                facts.token.toChecksumHexString(),
                '","chainId":',
                block.chainid.toString()
            );
    }

    function _delivery(CertificateFacts memory facts) private pure returns (string memory) {
        uint256 startsAt = facts.interval * Calendar.SECONDS_PER_INTERVAL;
        return
            string.concat(
                ',"meter":',
                uint256(facts.meter).toString(),
                ',"intervalStart":',
                startsAt.toString(),
                ',"intervalEnd":',
                (startsAt + Calendar.SECONDS_PER_INTERVAL).toString(),
                ',"expiresAt":',
                facts.expiresAt.toString()
            );
    }

    function _origin(Meter memory meter) private pure returns (string memory) {
        return
            string.concat(
                ',"unitWh":',
                (10 ** uint256(meter.unitExponent)).toString(),
                ',"place":"',
                Strings.escapeJSON(_text(meter.place)),
                '","energySource":"',
                _sourceName(meter.source),
                '","meterKind":"',
                _kindName(meter.kind),
                '","deviceCustody":"',
                _custodyName(meter.custody),
                '"'
            );
    }

    /// @dev The label up to its zero padding.
    function _text(bytes32 label) private pure returns (string memory) {
        uint256 length = 0;
        while (length < 32 && label[length] != 0) ++length;
        bytes memory text = new bytes(length);
        for (uint256 i = 0; i < length; ++i) text[i] = label[i];
        return string(text);
    }

    function _sourceName(EnergySource source) private pure returns (string memory) {
        if (source == EnergySource.Solar) return "solar";
        if (source == EnergySource.Wind) return "wind";
        if (source == EnergySource.Hydro) return "hydro";
        if (source == EnergySource.Biomass) return "biomass";
        if (source == EnergySource.Storage) return "storage";
        if (source == EnergySource.Mixed) return "mixed";
        return "unknown";
    }

    function _kindName(MeterKind kind) private pure returns (string memory) {
        if (kind == MeterKind.SolarPlant) return "solar plant";
        if (kind == MeterKind.Battery) return "battery";
        if (kind == MeterKind.Generator) return "generator";
        if (kind == MeterKind.Charger) return "charger";
        if (kind == MeterKind.Load) return "load";
        if (kind == MeterKind.GridTie) return "grid tie";
        return "home";
    }

    function _custodyName(Custody custody) private pure returns (string memory) {
        if (custody == Custody.Gateway) return "gateway";
        if (custody == Custody.SecureElement) return "secure element";
        return "operator";
    }
}
