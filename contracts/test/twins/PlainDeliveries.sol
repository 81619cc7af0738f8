// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IEnergyToken} from "../../interfaces/IEnergyToken.sol";

/// @title PlainDeliveries
/// @notice Readable twin of `Deliveries`: an ordinary call.
library PlainDeliveries {
    function deliver(
        IEnergyToken token,
        address from,
        address to,
        uint32 meter,
        uint32 firstInterval,
        uint32[] calldata energyWh
    ) internal returns (bool fromIssuer) {
        return token.safeRangeTransferFrom(from, to, meter, firstInterval, energyWh);
    }
}
