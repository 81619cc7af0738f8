// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @notice A day profile with its device's signature.
/// @dev The device signs `DayProfile(uint32 day,uint64 importRegister,uint64 exportRegister,uint256 quality,bytes32 intervals)`
/// in the EIP-712 domain of the neighbourhood, with `intervals` = keccak256 of the 384 bytes below.
struct SignedProfile {
    uint32 day; // unix seconds / 86,400, UTC
    uint64 importRegister; // cumulative import at the day's end, meter units
    uint64 exportRegister; // cumulative export at the day's end, meter units
    uint256 quality; // two bits per interval, interval 0 lowest: 0 measured, 1 estimated, 2 missing
    bytes intervals; // 384 bytes: 96 x (uint16 import, uint16 export), big-endian, meter units
    bytes signature; // low s; 65 bytes r, s, v, or 128 bytes r, s, x, y of a P-256 device
}

/// @notice Energy of one meter over contiguous intervals.
struct EnergyRange {
    uint32 meter; // the meter that exported the energy
    uint32 firstInterval; // unix seconds / 900
    uint32[] energyWh; // energyWh[i] belongs to interval firstInterval + i
}

/// @notice A use of energy tokens against the signed imports of one meter and day.
struct Retirement {
    uint32 meter; // the importing meter
    uint32 day;
    bytes remainingImports; // 192 bytes: 96 x uint16 big-endian, what of the import is not yet covered, importing meter's units
    EnergyRange[] ranges; // tokens to burn, all intervals within `day`
}
