// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

import {IDeviceRegistry} from "./interfaces/IDeviceRegistry.sol";
import {Calendar} from "./libraries/Calendar.sol";
import {Host} from "./libraries/Host.sol";
import {P256Devices} from "./libraries/P256Devices.sol";
import {DeviceRegistration, KeyType} from "./types/Meters.sol";

/// @title DeviceRegistry
/// @notice See {IDeviceRegistry}.
contract DeviceRegistry is IDeviceRegistry {
    bytes32 private constant REGISTRATION_TYPEHASH = keccak256(
        "DeviceRegistration(address device,uint32 meter,uint64 importRegister,uint64 exportRegister)"
    );

    /// @dev One slot.
    struct Holding {
        address neighbourhood; // zero: free
        uint32 releasedDay; // day of the last release, 0 before the first
    }

    mapping(address device => Holding) private _holdings;

    /// @inheritdoc IDeviceRegistry
    function claim(DeviceRegistration calldata registration) external override returns (uint32 releasedDay) {
        address device = registration.device;
        Holding storage holding = _holdings[device];
        require(holding.neighbourhood == address(0), DeviceAlreadyClaimed(device, holding.neighbourhood));
        _checkPossession(registration);

        holding.neighbourhood = msg.sender;

        emit DeviceClaimed(device, msg.sender);

        return holding.releasedDay;
    }

    /// @inheritdoc IDeviceRegistry
    function release(address device) external override {
        address holder = _holdings[device].neighbourhood;
        require(holder == msg.sender, NotDeviceHolder(device, holder, msg.sender));

        _holdings[device] = Holding(address(0), SafeCast.toUint32(Calendar.today()));

        emit DeviceReleased(device, msg.sender);
    }

    /// @inheritdoc IDeviceRegistry
    function neighbourhoodOf(address device) external view override returns (address) {
        return _holdings[device].neighbourhood;
    }

    /// @dev The domain is the caller's: a signature made for one neighbourhood is of no use to another.
    function _checkPossession(DeviceRegistration calldata registration) private view {
        bytes32 content = keccak256(
            abi.encode(
                REGISTRATION_TYPEHASH,
                registration.device,
                registration.meter,
                registration.importRegister,
                registration.exportRegister
            )
        );
        address recovered = _recover(Host.digestOf(msg.sender, content), registration.keyType, registration.possession);
        require(
            recovered != address(0) && recovered == registration.device,
            PossessionNotProven(registration.device, recovered)
        );
    }

    /// @return device Zero if nobody signed.
    function _recover(bytes32 digest, KeyType keyType, bytes calldata signature) private view returns (address device) {
        if (keyType == KeyType.P256) {
            return signature.length == P256Devices.LENGTH ? P256Devices.recover(digest, signature) : address(0);
        }
        // Zero where there is a problem.
        (device, , ) = ECDSA.tryRecoverCalldata(digest, signature);
    }
}
