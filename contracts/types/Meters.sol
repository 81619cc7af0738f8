// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @notice What stands behind a metering point. A label: every kind takes the same code path.
enum MeterKind {
    Home,
    SolarPlant,
    Battery,
    Generator,
    Charger,
    Load,
    GridTie
}

/// @notice Energy source named on the certificates of a meter's export (EnergyTag: `energy source`).
enum EnergySource {
    Unknown,
    Solar,
    Wind,
    Hydro,
    Biomass,
    Storage,
    Mixed
}

/// @notice Where the device key is kept. A signature proves origin, not truth: the reader decides what custody is worth.
enum Custody {
    Operator,
    Gateway,
    SecureElement
}

/// @notice Signature scheme of a device. The address of a P-256 device is the last 20 bytes of keccak256(0x01 || x || y).
enum KeyType {
    Secp256k1,
    P256
}

/// @notice A metering point as the operator registers it.
struct MeterRegistration {
    uint32 meter; // stable number, unique in the neighbourhood, never 0
    address owner; // member who receives the energy tokens and retires against the imports
    MeterKind kind;
    EnergySource source;
    uint8 unitExponent; // 0, 1 or 2: one unit of this meter is 1, 10 or 100 Wh, for ever
    uint32 capWh; // most energy in either direction per interval, a multiple of the unit, 1 to 32,767 units
    bytes32 place; // ASCII label of the place of delivery, e.g. a bidding zone or postcode area, right-padded with zeros
}

/// @notice A metering point as the chain knows it.
struct Meter {
    address owner;
    address device; // current device, or the last one when revoked; zero before the first
    MeterKind kind;
    EnergySource source;
    Custody custody;
    KeyType keyType;
    bool closed; // takes no device any more
    uint8 unitExponent;
    bytes32 place;
}

/// @notice The state a device carries: the unpacked form of its one storage word.
struct DeviceState {
    uint32 meter;
    bool active; // false once revoked or rotated out: such a device can never sign here again
    uint16 lastDay; // last day recorded; the next profile must be of a later one
    uint64 importRegister; // cumulative import at the end of `lastDay`, meter units
    uint64 exportRegister; // cumulative export at the end of `lastDay`, meter units
    uint16 capUnits; // most energy in either direction per interval, meter units
    uint8 unitExponent;
    bool sharing; // its days are settled; false: they are recorded
    bool community; // shares at the community price; the limits are then 0
    uint8 seat; // bit of the meter in announcements, if it shares
    bool settingsQueued; // see `queuedSettings`
    bool deviceQueued; // see `queuedDevice`
    uint16 askTicks; // lowest price for its export
    uint16 bidTicks; // highest price for its import, network charge included
    uint56 balanceBaseUnits; // prepaid balance of the meter
}

/// @notice A device as the operator registers it, with the device's own signature as proof of possession.
/// @dev The signature is over `DeviceRegistration(address device,uint32 meter,uint64 importRegister,uint64 exportRegister)`
/// in the EIP-712 domain of the neighbourhood.
struct DeviceRegistration {
    address device;
    uint32 meter;
    uint64 importRegister; // register at the moment of registration, meter units
    uint64 exportRegister; // register at the moment of registration, meter units
    KeyType keyType;
    Custody custody;
    bytes possession; // 65 bytes r, s, v, or 128 bytes r, s, x, y of a P-256 device
}
