// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IERC1155} from "@openzeppelin/contracts/token/ERC1155/IERC1155.sol";
import {Test, Vm} from "forge-std/Test.sol";

import {EnergyToken} from "../EnergyToken.sol";
import {PlainEnergy} from "./PlainEnergy.sol";
import {Receiver} from "./mocks/Receiver.sol";
import {PlainDayLanes} from "./twins/PlainDayLanes.sol";

/// @notice Within the window the energy token answers every call as OpenZeppelin's ERC-1155 does: same success, same
/// revert data, same events, same calls to receivers, same balances.
contract EnergyTokenDifferentialTest is Test {
    uint32 private constant DAY = 20_000;
    uint32 private constant METERS = 2;
    uint32 private constant FIRST = DAY * 96;
    /// @dev Two words of a day, and the last one of the day with the first of the next.
    uint256 private constant IDS = 12;

    EnergyToken private _energy;
    PlainEnergy private _plain;
    address[] private _actors;
    uint256[] private _ids;
    uint256 private _moved;

    function setUp() external {
        vm.warp(uint256(DAY + 2) * 1 days);
        // This contract stands for the neighbourhood, which alone mints.
        _energy = new EnergyToken(28);
        _plain = new PlainEnergy();
        _actors = [address(0xa11ce), address(0xb0b), address(0xca401), address(0)];
        for (uint8 mode = 0; mode <= uint8(type(Receiver.Mode).max); ++mode) {
            _actors.push(address(new Receiver(Receiver.Mode(mode), address(0xb0b))));
        }
        // A contract that answers nothing at all.
        _actors.push(address(_plain));

        uint32[6] memory offsets = [uint32(0), 1, 15, 16, 95, 96];
        for (uint32 meter = 1; meter <= METERS; ++meter) {
            _energy.admitIssuer(meter, _actors[meter - 1], 0);
            for (uint256 i = 0; i < 6; ++i) _ids.push((uint256(meter) << 32) | (FIRST + offsets[i]));
        }
    }

    function test_fuzz_anySequence_equalsOpenZeppelin(uint256 seed) external {
        _mint(seed);
        for (uint256 step = 0; step < 16; ++step) {
            uint256 random = uint256(keccak256(abi.encode(seed, step)));
            (bytes memory onEnergy, bytes memory onPlain) = _call(random);
            _compare(_caller(random), onEnergy, onPlain);
        }
        _assertBalances();
        assertGt(_moved, 0, "no call of the sequence succeeded");
    }

    function test_fuzz_views_equalOpenZeppelin(uint256 seed, address account, uint256 id, bytes4 interfaceId) external {
        _mint(seed);
        assertEq(_energy.balanceOf(account, id), _plain.balanceOf(account, id));
        assertEq(_energy.supportsInterface(interfaceId), _plain.supportsInterface(interfaceId));
        assertEq(_energy.supportsInterface(type(IERC1155).interfaceId), true);
        address[] memory accounts = new address[](seed % 4);
        uint256[] memory ids = new uint256[]((seed >> 8) % 4);
        for (uint256 i = 0; i < accounts.length; ++i) accounts[i] = _actors[(seed >> (16 + i)) % 3];
        for (uint256 i = 0; i < ids.length; ++i) ids[i] = _ids[(seed >> (32 + i)) % IDS];
        bytes memory call = abi.encodeCall(IERC1155.balanceOfBatch, (accounts, ids));
        _compare(address(this), call, call);
    }

    /// @dev The same calls on both, sender included; the token's address is all that may differ.
    function _compare(address caller, bytes memory onEnergy, bytes memory onPlain) private {
        vm.recordLogs();
        vm.prank(caller);
        (bool success, bytes memory result) = address(_energy).call(onEnergy);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        vm.recordLogs();
        vm.prank(caller);
        (bool plainSuccess, bytes memory plainResult) = address(_plain).call(onPlain);
        Vm.Log[] memory plainLogs = vm.getRecordedLogs();

        assertEq(success, plainSuccess);
        // What a range transfer returns besides is its own.
        if (!success || keccak256(onEnergy) == keccak256(onPlain)) assertEq(result, plainResult);
        assertEq(logs.length, plainLogs.length);
        for (uint256 i = 0; i < logs.length; ++i) {
            assertEq(abi.encode(logs[i].topics, logs[i].data), abi.encode(plainLogs[i].topics, plainLogs[i].data));
        }
        if (success && logs.length != 0) ++_moved;
    }

    function _call(uint256 random) private view returns (bytes memory, bytes memory) {
        uint256 kind = random % 16;
        address from = _from(random >> 8);
        address to = _to(random >> 16);
        if (kind < 3) return _both(abi.encodeCall(IERC1155.setApprovalForAll, (to, random & 0x10000 != 0)));
        if (kind < 7) {
            uint256 id = _id(random >> 24);
            return
                _both(
                    abi.encodeCall(IERC1155.safeTransferFrom, (from, to, id, _value(random >> 32, from, id), hex"c0de"))
                );
        }
        if (kind < 12) return _both(_batch(random >> 24, from, to));
        return _range(random >> 24, from, to);
    }

    /// @dev Up to five entries, duplicates likely, sometimes of unequal lengths.
    function _batch(uint256 random, address from, address to) private view returns (bytes memory) {
        uint256[] memory ids = new uint256[](random % 6);
        uint256[] memory values = new uint256[]((random >> 8) % 12 == 0 ? (random >> 12) % 6 : ids.length);
        for (uint256 i = 0; i < ids.length; ++i) ids[i] = _id(uint256(keccak256(abi.encode(random, i))));
        for (uint256 i = 0; i < values.length; ++i) {
            uint256 entry = uint256(keccak256(abi.encode(random, i, "value")));
            values[i] = _value(entry, from, i < ids.length ? ids[i] : 0) / (1 + ((entry >> 128) % 3));
        }
        return abi.encodeCall(IERC1155.safeBatchTransferFrom, (from, to, ids, values, ""));
    }

    /// @dev A range transfer is the batch of its entries that are not zero, or the single transfer of the only one.
    function _range(uint256 random, address from, address to) private view returns (bytes memory, bytes memory) {
        uint32 meter = uint32(1 + (random % METERS));
        uint32 firstInterval = uint32(FIRST + ((random >> 8) % 20));
        uint32[] memory series = new uint32[](1 + ((random >> 16) % 96));
        uint256[] memory ids = new uint256[](series.length);
        uint256[] memory values = new uint256[](series.length);
        uint256 length = 0;
        bool sparse = (random >> 24) % 2 == 0;
        for (uint32 i = 0; i < series.length; ++i) {
            uint256 entry = uint256(keccak256(abi.encode(random, i)));
            uint256 id = (uint256(meter) << 32) | (firstInterval + i);
            if (sparse ? entry % 32 != 0 : entry % 4 == 0) continue;
            // Mostly what is there, seldom more.
            uint256 held = from == address(0) ? 0 : _plain.balanceOf(from, id);
            values[length] = (entry >> 8) % 400 == 0 ? held + 1 : (entry >> 16) % (held + 1);
            if (values[length] == 0) continue;
            series[i] = uint32(values[length]);
            ids[length++] = id;
        }
        assembly ("memory-safe") {
            mstore(ids, length)
            mstore(values, length)
        }
        bytes memory onPlain =
            length == 1
                ? abi.encodeCall(IERC1155.safeTransferFrom, (from, to, ids[0], values[0], ""))
                : abi.encodeCall(IERC1155.safeBatchTransferFrom, (from, to, ids, values, ""));
        return (abi.encodeCall(EnergyToken.safeRangeTransferFrom, (from, to, meter, firstInterval, series)), onPlain);
    }

    function _mint(uint256 seed) private {
        for (uint32 meter = 1; meter <= METERS; ++meter) {
            for (uint32 day = DAY; day < DAY + 2; ++day) {
                uint16[96] memory exports;
                uint256[] memory ids = new uint256[](96);
                uint256[] memory values = new uint256[](96);
                for (uint32 i = 0; i < 96; ++i) {
                    uint256 random = uint256(keccak256(abi.encode(seed, meter, day, i)));
                    exports[i] = random % 3 == 0 ? 32_767 : uint16((random >> 8) % 1_000);
                    (ids[i], values[i]) = ((uint256(meter) << 32) | (day * 96 + i), exports[i]);
                }
                uint16[96] memory imports;
                _energy.mintDay(meter, day, PlainDayLanes.encode(imports, exports));
                _plain.mintBatch(_actors[meter - 1], ids, values);
            }
        }
    }

    function _assertBalances() private view {
        for (uint256 i = 0; i < _actors.length; ++i) {
            for (uint32 meter = 1; meter <= METERS; ++meter) {
                uint256[] memory balances = _energy.balanceOfRange(_actors[i], meter, FIRST, 120);
                for (uint32 j = 0; j < 120; ++j) {
                    uint256 id = (uint256(meter) << 32) | (FIRST + j);
                    assertEq(balances[j], _plain.balanceOf(_actors[i], id));
                    if (j % 16 == 0) assertEq(_energy.balanceOf(_actors[i], id), balances[j]);
                }
            }
            for (uint256 j = 0; j < _actors.length; ++j) {
                assertEq(
                    _energy.isApprovedForAll(_actors[i], _actors[j]),
                    _plain.isApprovedForAll(_actors[i], _actors[j])
                );
            }
        }
    }

    function _both(bytes memory call) private pure returns (bytes memory, bytes memory) {
        return (call, call);
    }

    /// @dev Mostly the holder, now and then somebody else.
    function _caller(uint256 random) private view returns (address) {
        return (random >> 248) % 4 == 0 ? _actors[(random >> 240) % _actors.length] : _from(random >> 8);
    }

    /// @dev Mostly those who hold something.
    function _from(uint256 random) private view returns (address) {
        return random & 0xff < 224 ? _actors[random % 3] : _actors[random % _actors.length];
    }

    function _to(uint256 random) private view returns (address) {
        return random & 0xff < 128 ? _actors[random % 3] : _actors[random % _actors.length];
    }

    /// @dev Seldom an id that no meter can have issued, or one of another day in the same place of the ring.
    function _id(uint256 random) private view returns (uint256) {
        uint256 id = _ids[random % IDS];
        uint256 kind = (random >> 8) % 24;
        if (kind == 0) return id | (1 << (64 + ((random >> 16) % 192)));
        if (kind == 1) return id - 32 * 96;
        if (kind == 2) return ((id >> 32) << 32) | uint32(uint32(id) + 65_536 * 96);
        return id;
    }

    /// @dev Half of the balance and such; zero, all, one too many and absurdly many too.
    function _value(uint256 random, address from, uint256 id) private view returns (uint256) {
        uint256 held = from == address(0) ? 0 : _plain.balanceOf(from, id);
        uint256 kind = random % 12;
        if (kind == 0) return 0;
        if (kind == 1) return held;
        if (kind == 2) return held + 1;
        if (kind == 3) return type(uint256).max - ((random >> 8) % 3);
        if (kind == 4) return held + 32_768 + ((random >> 8) % 40_000);
        return (random >> 8) % (held + 1);
    }
}
