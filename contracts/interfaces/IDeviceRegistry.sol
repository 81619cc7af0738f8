// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {DeviceRegistration} from "../types/Meters.sol";

/// @title DeviceRegistry
/// @notice One per chain, shared by all neighbourhoods: a device key serves one neighbourhood at a time and never signs for
/// a day it may have signed for elsewhere, so what it measures cannot be sold in two.
/// @dev Safe: a claim needs the device's signature over the claiming neighbourhood, so nobody can squat a device; only
/// the holder can release. Live: a holder that has closed the device's state can always release it.
interface IDeviceRegistry {
    event DeviceClaimed(address indexed device, address indexed neighbourhood);
    event DeviceReleased(address indexed device, address indexed neighbourhood);

    /// @notice The device already serves a neighbourhood.
    error DeviceAlreadyClaimed(address device, address neighbourhood);
    /// @notice Only the neighbourhood a device serves can release it.
    error NotDeviceHolder(address device, address holder, address caller);
    /// @notice The signature is not the device's, by its type of key, over its own address, meter, opening registers and this neighbourhood.
    error PossessionNotProven(address device, address recovered);

    /// @notice Binds a device to the calling neighbourhood.
    /// @param registration The device's registration; its signature is checked in the caller's EIP-712 domain.
    /// @return releasedDay The day another neighbourhood released the device last, 0 if none did. Earlier days may have been
    /// recorded there.
    function claim(DeviceRegistration calldata registration) external returns (uint32 releasedDay);

    /// @notice Frees a device that the calling neighbourhood holds, so that another may claim it.
    function release(address device) external;

    /// @notice The neighbourhood a device serves, or zero.
    function neighbourhoodOf(address device) external view returns (address);
}
