// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ERC1155} from "@openzeppelin/contracts/token/ERC1155/ERC1155.sol";
import {IERC1155} from "@openzeppelin/contracts/token/ERC1155/IERC1155.sol";
import {IERC1155Receiver} from "@openzeppelin/contracts/token/ERC1155/IERC1155Receiver.sol";
import {ERC1155Utils} from "@openzeppelin/contracts/token/ERC1155/utils/ERC1155Utils.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";

import {SignedActions} from "./SignedActions.sol";
import {IEnergyToken} from "./interfaces/IEnergyToken.sol";
import {INeighbourhood} from "./interfaces/INeighbourhood.sol";
import {BalanceRing, BalanceWord, BalanceWords} from "./libraries/BalanceWords.sol";
import {BoundedCalls} from "./libraries/BoundedCalls.sol";
import {Calendar} from "./libraries/Calendar.sol";
import {CertificateFacts, Certificates} from "./libraries/Certificates.sol";
import {DayLanes} from "./libraries/DayLanes.sol";
import {EnergyBatch, EnergyBatches} from "./libraries/EnergyBatches.sol";

/// @title EnergyToken
/// @notice See {IEnergyToken}.
contract EnergyToken is IEnergyToken, ERC1155, SignedActions {
    /// @dev One slot.
    struct Issuer {
        address owner; // zero: no such meter
        uint8 unitExponent; // one unit is 10^exponent Wh
    }

    bytes32 private constant APPROVAL_TYPEHASH = keccak256(
        "SetApprovalForAll(address owner,address operator,bool approved,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant TRANSFER_TYPEHASH = keccak256(
        "TransferBatch(address from,address to,uint256[] ids,uint256[] values,uint256 nonce,uint256 deadline)"
    );
    /// @dev Shorter than the ring of 32 days by the day that is not over and the one that is being recorded.
    uint256 private constant MAX_WINDOW_DAYS = 30;
    uint256 private constant INTERVAL_BITS = 32;
    uint256 private constant ID_BITS = 64;
    uint256 private constant MAX_RANGE = Calendar.INTERVALS_PER_DAY;
    uint256 private constant MAX_VIEW_RANGE = 32 * Calendar.INTERVALS_PER_DAY;
    /// @dev What the receiver of minted tokens may use: enough to note them, too little to stall a batch.
    uint256 private constant RECEIVER_GAS = 100_000;

    /// @inheritdoc IEnergyToken
    address public immutable override neighbourhood;
    /// @inheritdoc IEnergyToken
    uint256 public immutable override retirementWindowDays;

    /// @inheritdoc IEnergyToken
    mapping(uint32 meter => Issuer) public override issuer;
    /// @dev One hash instead of two: holder and meter fit the key together.
    mapping(uint256 holderAndMeter => BalanceRing) private _rings;

    constructor(uint256 windowDays) ERC1155("") EIP712("Commonwatt Energy", "1") {
        require(windowDays > 0 && windowDays <= MAX_WINDOW_DAYS, InvalidRetirementWindow(windowDays, MAX_WINDOW_DAYS));
        neighbourhood = msg.sender;
        retirementWindowDays = windowDays;
    }

    modifier onlyNeighbourhood() {
        require(msg.sender == neighbourhood, NotNeighbourhood(msg.sender));
        _;
    }

    // ---------------------------------------------------------------- neighbourhood only

    /// @inheritdoc IEnergyToken
    function admitIssuer(uint32 meter, address owner, uint8 unitExponent) external override onlyNeighbourhood {
        issuer[meter] = Issuer(owner, unitExponent);

        emit IssuerAdmitted(meter, owner, unitExponent);
    }

    /// @inheritdoc IEnergyToken
    function mintDay(uint32 meter, uint32 day, bytes calldata intervals) external override onlyNeighbourhood {
        // An expired day would overwrite one that lives in the same slot.
        require(_isLive(day), RetirementWindowClosed(day, Calendar.windowEnd(day, retirementWindowDays)));
        address owner = issuer[meter].owner;
        uint256 exponent = issuer[meter].unitExponent;
        uint256 unitWh = 10 ** exponent;
        BalanceRing storage ring = _ring(owner, meter);
        EnergyBatch memory batch = EnergyBatches.create(Calendar.INTERVALS_PER_DAY);

        uint256 interval = Calendar.intervalOf(day, 0);
        for (uint256 i = 0; i < BalanceWords.WORDS_PER_DAY; ++i) {
            uint256 lanes = DayLanes.packExports(intervals, i);
            if (lanes != 0) {
                // A meter-day is minted once, so there is nothing of this day to add to.
                ring.store(interval, BalanceWords.mint(interval, exponent, lanes));
                batch.pushLanes(lanes, _id(meter, interval), unitWh);
            }
            interval += BalanceWords.INTERVALS_PER_WORD;
        }
        batch.log(msg.sender, address(0), owner);

        if (owner.code.length != 0) _offerMinted(owner, batch);
    }

    /// @inheritdoc IEnergyToken
    function burnRange(
        address from,
        uint32 meter,
        uint32 firstInterval,
        uint32[] calldata energyWh
    ) external override onlyNeighbourhood {
        (EnergyBatch memory batch, ) = _moveRange(from, address(0), meter, firstInterval, energyWh);
        _log(from, address(0), batch);
    }

    // ---------------------------------------------------------------- holders

    /// @inheritdoc IEnergyToken
    function safeRangeTransferFrom(
        address from,
        address to,
        uint32 meter,
        uint32 firstInterval,
        uint32[] calldata energyWh
    ) external override returns (bool fromIssuer) {
        _checkAuthorized(msg.sender, from);
        require(to != address(0), ERC1155InvalidReceiver(address(0)));
        require(from != address(0), ERC1155InvalidSender(address(0)));

        // One interval is what a small purchase moves: no arrays are built for it.
        uint256 value = energyWh.length == 1 ? energyWh[0] : 0;
        if (value != 0) {
            uint256 id = _id(meter, firstInterval);
            fromIssuer = _move(from, to, id, value);
            emit TransferSingle(msg.sender, from, to, id, value);
            ERC1155Utils.checkOnERC1155Received(msg.sender, from, to, id, value, "");
        } else {
            EnergyBatch memory batch;
            (batch, fromIssuer) = _moveRange(from, to, meter, firstInterval, energyWh);
            _log(from, to, batch);
            if (batch.ids.length == 1) {
                ERC1155Utils.checkOnERC1155Received(msg.sender, from, to, batch.ids[0], batch.energyWh[0], "");
            } else {
                ERC1155Utils.checkOnERC1155BatchReceived(msg.sender, from, to, batch.ids, batch.energyWh, "");
            }
        }
    }

    /// @inheritdoc IEnergyToken
    function setApprovalForAllBySig(
        address owner,
        address operator,
        bool approved,
        uint256 deadline,
        bytes calldata signature
    ) external override {
        bytes32 content = keccak256(
            abi.encode(APPROVAL_TYPEHASH, owner, operator, approved, _useNonce(owner), deadline)
        );
        _checkSignature(owner, content, deadline, signature);

        _setApprovalForAll(owner, operator, approved);
    }

    /// @inheritdoc IEnergyToken
    function safeBatchTransferFromBySig(
        address from,
        address to,
        uint256[] calldata ids,
        uint256[] calldata values,
        uint256 deadline,
        bytes calldata signature
    ) external override {
        bytes32 content = keccak256(
            abi.encode(
                TRANSFER_TYPEHASH,
                from,
                to,
                keccak256(abi.encodePacked(ids)),
                keccak256(abi.encodePacked(values)),
                _useNonce(from),
                deadline
            )
        );
        _checkSignature(from, content, deadline, signature);

        _safeBatchTransferFrom(from, to, ids, values, "");
    }

    // ---------------------------------------------------------------- views

    /// @inheritdoc IERC1155
    function balanceOf(address account, uint256 id) public view override(ERC1155, IERC1155) returns (uint256) {
        if (id >> ID_BITS != 0) return 0;
        (uint32 meter, uint256 interval) = _parse(id);
        return _balanceWh(account, meter, interval);
    }

    /// @inheritdoc IEnergyToken
    function balanceOfRange(
        address holder,
        uint32 meter,
        uint32 firstInterval,
        uint256 count
    ) external view override returns (uint256[] memory energyWh) {
        require(count <= MAX_VIEW_RANGE, RangeTooLong(count, MAX_VIEW_RANGE));
        energyWh = new uint256[](count);
        for (uint256 i = 0; i < count; ++i) energyWh[i] = _balanceWh(holder, meter, uint256(firstInterval) + i);
    }

    /// @inheritdoc IEnergyToken
    function expiresAt(uint256 id) public view override returns (uint256) {
        if (!_isCanonical(id)) return 0;
        (, uint256 interval) = _parse(id);
        return Calendar.windowEnd(interval / Calendar.INTERVALS_PER_DAY, retirementWindowDays);
    }

    /// @dev Empty for an id that no meter can have issued.
    function uri(uint256 id) public view override returns (string memory) {
        if (!_isCanonical(id)) return "";
        (uint32 meter, uint256 interval) = _parse(id);
        if (issuer[meter].owner == address(0)) return "";
        return
            Certificates.uri(
                CertificateFacts(neighbourhood, address(this), meter, uint32(interval), expiresAt(id)),
                INeighbourhood(neighbourhood).meter(meter)
            );
    }

    // ---------------------------------------------------------------- moving

    /// @dev As OpenZeppelin's, which reads the arrays in a way that keeps the compiler from using memory for variables.
    function balanceOfBatch(
        address[] memory accounts,
        uint256[] memory ids
    ) public view override(ERC1155, IERC1155) returns (uint256[] memory balances) {
        require(accounts.length == ids.length, ERC1155InvalidArrayLength(ids.length, accounts.length));
        balances = new uint256[](ids.length);
        for (uint256 i = 0; i < ids.length; ++i) balances[i] = balanceOf(accounts[i], ids[i]);
    }

    /// @dev As OpenZeppelin's, for the same reason.
    function _updateWithAcceptanceCheck(
        address from,
        address to,
        uint256[] memory ids,
        uint256[] memory values,
        bytes memory data,
        bool batch
    ) internal override {
        _update(from, to, ids, values);
        if (batch) ERC1155Utils.checkOnERC1155BatchReceived(msg.sender, from, to, ids, values, data);
        else ERC1155Utils.checkOnERC1155Received(msg.sender, from, to, ids[0], values[0], data);
    }

    /// @dev Behind every transfer that OpenZeppelin's part checks: sender and receiver are never zero here.
    function _update(address from, address to, uint256[] memory ids, uint256[] memory values) internal override {
        require(ids.length == values.length, ERC1155InvalidArrayLength(ids.length, values.length));

        for (uint256 i = 0; i < ids.length; ++i) {
            if (values[i] != 0) _move(from, to, ids[i], values[i]);
        }

        if (ids.length == 1) emit TransferSingle(msg.sender, from, to, ids[0], values[0]);
        else emit TransferBatch(msg.sender, from, to, ids, values);
    }

    /// @dev Moves one amount that is not zero, and tells whether the sender owns the meter.
    function _move(address from, address to, uint256 id, uint256 value) private returns (bool fromIssuer) {
        (uint32 meter, uint256 interval) = _parse(id);
        BalanceRing storage source = _ring(from, meter);
        BalanceWord word = source.load(interval);
        uint256 unitWh = word.unitWh();
        bool readable = id >> ID_BITS == 0 && _isLive(interval / Calendar.INTERVALS_PER_DAY);
        uint256 balance = readable ? word.units(interval) * unitWh : 0;
        require(balance >= value, ERC1155InsufficientBalance(from, balance, value, id));
        uint256 lanes = BalanceWords.lane(interval, _toUnits(id, value, unitWh));

        source.store(interval, word.minus(lanes));
        // Loads again what was just stored where sender and receiver are the same: then nothing changes.
        _ring(to, meter).give(interval, word, lanes);
        return word.isIssued();
    }

    /// @dev Moves or, to zero, burns contiguous intervals; reads and writes each storage word once.
    function _moveRange(
        address from,
        address to,
        uint32 meter,
        uint32 firstInterval,
        uint32[] calldata energyWh
    ) private returns (EnergyBatch memory batch, bool fromIssuer) {
        uint256 count = energyWh.length;
        require(count != 0, EmptyRange());
        require(count <= MAX_RANGE, RangeTooLong(count, MAX_RANGE));
        BalanceRing storage source = _ring(from, meter);
        batch = EnergyBatches.create(count);

        for (uint256 i = 0; i < count;) {
            uint256 interval = uint256(firstInterval) + i;
            uint256 next = BalanceWords.nextWord(interval) - firstInterval;
            if (next > count) next = count;
            BalanceWord word = source.load(interval);
            uint256 lanes = _collect(batch, from, word, _id(meter, interval), energyWh[i:next]);
            i = next;
            if (lanes == 0) continue;
            source.store(interval, word.minus(lanes));
            if (to != address(0)) _ring(to, meter).give(interval, word, lanes);
            // All words of a holder and meter agree.
            fromIssuer = word.isIssued();
        }
    }

    /// @dev Adds the intervals of one word to the batch and returns what they take from it.
    /// @param firstId Id of the first interval; all lie in `word`.
    function _collect(
        EnergyBatch memory batch,
        address from,
        BalanceWord word,
        uint256 firstId,
        uint32[] calldata energyWh
    ) private view returns (uint256 lanes) {
        (, uint256 interval) = _parse(firstId);
        uint256 unitWh = word.unitWh();
        bool live = _isLive(interval / Calendar.INTERVALS_PER_DAY);
        for (uint256 i = 0; i < energyWh.length; ++i) {
            uint256 value = energyWh[i];
            if (value == 0) continue;
            uint256 balance = live ? word.units(interval + i) * unitWh : 0;
            require(balance >= value, ERC1155InsufficientBalance(from, balance, value, firstId + i));
            lanes |= BalanceWords.lane(interval + i, _toUnits(firstId + i, value, unitWh));
            batch.push(firstId + i, value);
        }
    }

    function _log(address from, address to, EnergyBatch memory batch) private {
        if (batch.ids.length == 1) emit TransferSingle(msg.sender, from, to, batch.ids[0], batch.energyWh[0]);
        else batch.log(msg.sender, from, to);
    }

    function _offerMinted(address receiver, EnergyBatch memory batch) private {
        bytes memory data = abi.encodeCall(
            IERC1155Receiver.onERC1155BatchReceived,
            (msg.sender, address(0), batch.ids, batch.energyWh, "")
        );
        require(BoundedCalls.answersSelector(receiver, RECEIVER_GAS, data), ReceiverRefused(receiver));
    }

    // ---------------------------------------------------------------- ids, days, units

    /// @dev Zero for a day that no device can have signed: nothing was ever minted there.
    function _balanceWh(address holder, uint32 meter, uint256 interval) private view returns (uint256) {
        if (!_isLive(interval / Calendar.INTERVALS_PER_DAY)) return 0;
        BalanceWord word = _ring(holder, meter).load(interval);
        return word.units(interval) * word.unitWh();
    }

    function _ring(address holder, uint32 meter) private view returns (BalanceRing storage) {
        return _rings[BalanceWords.ringKey(holder, meter)];
    }

    function _id(uint32 meter, uint256 interval) private pure returns (uint256) {
        return (uint256(meter) << INTERVAL_BITS) + interval;
    }

    function _parse(uint256 id) private pure returns (uint32 meter, uint256 interval) {
        return (uint32(id >> INTERVAL_BITS), uint32(id));
    }

    /// @dev Whether a meter can have issued it: devices count days in 16 bits.
    function _isCanonical(uint256 id) private pure returns (bool) {
        return id >> ID_BITS == 0 && uint32(id) / Calendar.INTERVALS_PER_DAY <= type(uint16).max;
    }

    function _isLive(uint256 day) private view returns (bool) {
        return block.timestamp < Calendar.windowEnd(day, retirementWindowDays);
    }

    function _toUnits(uint256 id, uint256 energyWh, uint256 unitWh) private pure returns (uint256) {
        uint256 units = energyWh / unitWh;
        require(units * unitWh == energyWh, NotMultipleOfUnit(id, energyWh, unitWh));
        return units;
    }
}
