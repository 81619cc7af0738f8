// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {CommonBase} from "forge-std/Base.sol";

import {DemoEuro} from "../../DemoEuro.sol";
import {DeviceRegistry} from "../../DeviceRegistry.sol";
import {Marketplace} from "../../Marketplace.sol";
import {Neighbourhood} from "../../Neighbourhood.sol";
import {IEnergyToken} from "../../interfaces/IEnergyToken.sol";
import {Custody, DeviceRegistration, EnergySource, KeyType, MeterKind, MeterRegistration} from "../../types/Meters.sol";
import {Offer} from "../../types/Offers.sol";
import {SignedProfile} from "../../types/Profiles.sol";
import {Tariff, Terms} from "../../types/Settlement.sol";
import {PlainOfferHash} from "../twins/PlainOfferHash.sol";
import {PlainProfileBatch} from "../twins/PlainProfileBatch.sol";

/// @notice The whole system with four members, who own six meters of all units, deployed and governed by this contract.
abstract contract System is CommonBase {
    uint256 internal constant WINDOW_DAYS = 5;
    uint32 internal constant CLOSING_WINDOW_SECONDS = 2 hours;
    uint32 internal constant FIRST_DAY = 20_000;
    uint32 internal constant METERS = 6;
    uint256 internal constant ACTORS = 4;
    uint256 internal constant MONEY_EACH = 1e15;
    uint256 private constant P256_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551;
    bytes32 private constant DOMAIN_TYPEHASH = keccak256(
        "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
    );

    Neighbourhood public neighbourhood;
    IEnergyToken public token;
    DemoEuro public currency;
    Marketplace public market;
    /// @dev One clock for all actions: what a cheatcode sets does not outlive every kind of call.
    uint256 public clock = uint256(FIRST_DAY) * 1 days + 1;

    address[] internal _actors;
    uint256[METERS + 1] internal _deviceKeys;
    address[METERS + 1] internal _devices;
    uint256 internal _keysUsed = 0x5eed;

    constructor() {
        vm.warp(clock);
        // Every governed function is open to the administrator.
        AccessManager manager = new AccessManager(address(this));
        currency = new DemoEuro();
        neighbourhood = new Neighbourhood(
            address(manager),
            new DeviceRegistry(),
            Terms(address(currency), uint16(WINDOW_DAYS), CLOSING_WINDOW_SECONDS, Tariff(1_500, 100))
        );
        token = neighbourhood.token();
        market = new Marketplace(neighbourhood, currency);
        for (uint256 i = 0; i < ACTORS; ++i) {
            address actor = vm.addr(_keyOf(i));
            _actors.push(actor);
            neighbourhood.admitMember(actor);
            currency.mint(actor, MONEY_EACH);
            vm.startPrank(actor);
            currency.approve(address(market), type(uint256).max);
            token.setApprovalForAll(address(market), true);
            vm.stopPrank();
        }
        for (uint32 meter = 1; meter <= METERS; ++meter) {
            neighbourhood.registerMeter(
                MeterRegistration(
                    meter,
                    ownerOf(meter),
                    MeterKind.Home,
                    EnergySource.Solar,
                    exponentOf(meter),
                    uint32(32_767 * unitWhOf(meter)),
                    "AT"
                )
            );
            DeviceRegistration memory registration = _registration(meter, 0, 0);
            (_deviceKeys[meter], _devices[meter]) = (_keysUsed, registration.device);
            neighbourhood.registerDevice(registration);
        }
    }

    function ownerOf(uint32 meter) public view returns (address) {
        return _actors[(meter - 1) % (ACTORS - 1)];
    }

    function exponentOf(uint32 meter) public pure returns (uint8) {
        return uint8((meter - 1) % 3);
    }

    function unitWhOf(uint32 meter) public pure returns (uint256) {
        return 10 ** uint256(exponentOf(meter));
    }

    function _keyOf(uint256 actor) internal pure returns (uint256) {
        return 0xac704 + actor;
    }

    /// @dev A fresh device for a meter: its key is `_keysUsed`.
    function _registration(
        uint32 meter,
        uint64 importRegister,
        uint64 exportRegister
    ) internal returns (DeviceRegistration memory registration) {
        uint256 key = ++_keysUsed;
        address device = _deviceOf(key);
        bytes32 content = keccak256(
            abi.encode(
                keccak256(
                    "DeviceRegistration(address device,uint32 meter,uint64 importRegister,uint64 exportRegister)"
                ),
                device,
                meter,
                importRegister,
                exportRegister
            )
        );
        registration = DeviceRegistration(
            device,
            meter,
            importRegister,
            exportRegister,
            _isP256(key) ? KeyType.P256 : KeyType.Secp256k1,
            Custody.Gateway,
            _signAsDevice(key, content)
        );
    }

    function _signProfile(uint256 key, SignedProfile memory profile) internal view {
        bytes32 content = keccak256(
            abi.encode(
                keccak256(
                    "DayProfile(uint32 day,uint64 importRegister,uint64 exportRegister,uint256 quality,bytes32 intervals)"
                ),
                profile.day,
                profile.importRegister,
                profile.exportRegister,
                profile.quality,
                keccak256(profile.intervals)
            )
        );
        profile.signature = _signAsDevice(key, content);
    }

    function _signOffer(uint256 key, Offer memory offer) internal view returns (bytes memory) {
        return _sign(key, _digest("Commonwatt Marketplace", address(market), PlainOfferHash.hash(offer)));
    }

    /// @dev An action of a member that anyone may relay.
    /// @param fields Type hash and all fields but nonce and deadline.
    function _signAction(
        uint256 key,
        address account,
        bytes memory fields,
        uint256 deadline
    ) internal view returns (bytes memory) {
        bytes32 content = keccak256(bytes.concat(fields, abi.encode(neighbourhood.nonces(account), deadline)));
        return _sign(key, _digest("Commonwatt", address(neighbourhood), content));
    }

    function _digest(string memory name, address verifier, bytes32 content) internal view returns (bytes32) {
        bytes32 domain = keccak256(
            abi.encode(DOMAIN_TYPEHASH, keccak256(bytes(name)), keccak256("1"), block.chainid, verifier)
        );
        return keccak256(abi.encodePacked(hex"1901", domain, content));
    }

    /// @dev Some devices sign with P-256.
    function _isP256(uint256 key) internal pure returns (bool) {
        return key % 3 == 0;
    }

    function _deviceOf(uint256 key) private pure returns (address) {
        if (!_isP256(key)) return vm.addr(key);
        (uint256 x, uint256 y) = vm.publicKeyP256(key);
        return PlainProfileBatch.addressOf(bytes32(x), bytes32(y));
    }

    function _signAsDevice(uint256 key, bytes32 content) private view returns (bytes memory) {
        bytes32 digest = _digest("Commonwatt", address(neighbourhood), content);
        if (!_isP256(key)) return _sign(key, digest);
        (bytes32 r, bytes32 s) = vm.signP256(key, digest);
        // Of the two s that are good, the lower one counts.
        if (uint256(s) > P256_ORDER / 2) s = bytes32(P256_ORDER - uint256(s));
        (uint256 x, uint256 y) = vm.publicKeyP256(key);
        return abi.encodePacked(r, s, x, y);
    }

    function _sign(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }
}
