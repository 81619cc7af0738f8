// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ClassLanes} from "./AuctionPrices.sol";

/// @notice What one pass over the intervals of a day profile finds.
struct MeterSums {
    bool withinCap; // if not, nothing else is of use
    uint256 importUnits; // sum of the imports
    uint256 exportUnits; // sum of the exports
    uint256 purchase; // sum of imports x effective price, meter units x ticks x 2^30
    uint256 sale; // sum of exports x effective price, meter units x ticks x 2^30
}

/// @title MeterPass
/// @notice The one pass over the 384 bytes of a profile: checks the cap, sums the registers' increase, adds the intervals
/// to the class's totals and multiplies them by its prices.
/// @dev Memory of a class: see `AuctionPrices`. Plain twin: contracts/test/twins/PlainMeterPass.sol.
library MeterPass {
    uint256 private constant LENGTH = 384;
    uint256 private constant ONE_PER_16 = 0x0001000100010001000100010001000100010001000100010001000100010001;
    uint256 private constant TOP_PER_16 = 0x8000800080008000800080008000800080008000800080008000800080008000;
    uint256 private constant ONE_PER_32 = 0x0000000100000001000000010000000100000001000000010000000100000001;
    uint256 private constant LOW_16_PER_32 = 0x0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff;
    uint256 private constant LOW_16_PER_64 = 0x000000000000ffff000000000000ffff000000000000ffff000000000000ffff;

    /// @notice One profile, added to its class.
    /// @param position Of the 384 bytes in memory.
    /// @param capUnits At most 32,767.
    /// @param sums Written over.
    function add(uint256 position, uint256 capUnits, ClassLanes memory class, MeterSums memory sums) internal pure {
        uint256[] memory words = class.words;
        uint256 active = class.active;
        // Invariants. Cap: 2^15 + cap - lane keeps its top bit exactly if lane <= cap, and borrows from the next lane only
        // if lane > 2^15, which the lane's own top bit reports. Totals: 256 profiles of lanes below 2^16 stay below
        // 2^24. Products: energies below 2^15 and prices below 2^46 give sums of eight below 2^64, so no lower lane
        // carries into the highest, which is the sum wanted; claims that break this are refused in the end.
        // Four words a turn, which are the same lines at other offsets: the turns cost more than what is in them.
        assembly ("memory-safe") {
            mstore(0, or(TOP_PER_16, mul(capUnits, ONE_PER_16)))
            let excess := 0
            let imports := 0
            let exports := 0
            let purchase := 0
            let sale := 0
            let at := add(words, 0x20)
            for {
                let end := add(position, LENGTH)
            } lt(position, end) {
                position := add(position, 0x80)
                at := add(at, 0x300)
                active := shr(4, active)
            } {
                let word
                let energies
                word := mload(position)
                excess := or(excess, or(word, not(sub(mload(0), word))))
                energies := and(shr(16, word), LOW_16_PER_32)
                imports := add(imports, energies)
                mstore(add(at, 0x80), add(mload(add(at, 0x80)), energies))
                if and(active, 1) {
                    purchase := add(
                        purchase,
                        shr(
                            192,
                            add(
                                mul(and(shr(48, word), LOW_16_PER_64), mload(add(at, 0x40))),
                                mul(and(shr(16, word), LOW_16_PER_64), mload(add(at, 0x60)))
                            )
                        )
                    )
                }
                energies := and(word, LOW_16_PER_32)
                if energies {
                    exports := add(exports, energies)
                    mstore(add(at, 0xa0), add(mload(add(at, 0xa0)), energies))
                    if and(active, 1) {
                        sale := add(
                            sale,
                            shr(
                                192,
                                add(
                                    mul(and(shr(32, word), LOW_16_PER_64), mload(at)),
                                    mul(and(word, LOW_16_PER_64), mload(add(at, 0x20)))
                                )
                            )
                        )
                    }
                }

                word := mload(add(position, 0x20))
                excess := or(excess, or(word, not(sub(mload(0), word))))
                energies := and(shr(16, word), LOW_16_PER_32)
                imports := add(imports, energies)
                mstore(add(at, 0x140), add(mload(add(at, 0x140)), energies))
                if and(active, 2) {
                    purchase := add(
                        purchase,
                        shr(
                            192,
                            add(
                                mul(and(shr(48, word), LOW_16_PER_64), mload(add(at, 0x100))),
                                mul(and(shr(16, word), LOW_16_PER_64), mload(add(at, 0x120)))
                            )
                        )
                    )
                }
                energies := and(word, LOW_16_PER_32)
                if energies {
                    exports := add(exports, energies)
                    mstore(add(at, 0x160), add(mload(add(at, 0x160)), energies))
                    if and(active, 2) {
                        sale := add(
                            sale,
                            shr(
                                192,
                                add(
                                    mul(and(shr(32, word), LOW_16_PER_64), mload(add(at, 0xc0))),
                                    mul(and(word, LOW_16_PER_64), mload(add(at, 0xe0)))
                                )
                            )
                        )
                    }
                }

                word := mload(add(position, 0x40))
                excess := or(excess, or(word, not(sub(mload(0), word))))
                energies := and(shr(16, word), LOW_16_PER_32)
                imports := add(imports, energies)
                mstore(add(at, 0x200), add(mload(add(at, 0x200)), energies))
                if and(active, 4) {
                    purchase := add(
                        purchase,
                        shr(
                            192,
                            add(
                                mul(and(shr(48, word), LOW_16_PER_64), mload(add(at, 0x1c0))),
                                mul(and(shr(16, word), LOW_16_PER_64), mload(add(at, 0x1e0)))
                            )
                        )
                    )
                }
                energies := and(word, LOW_16_PER_32)
                if energies {
                    exports := add(exports, energies)
                    mstore(add(at, 0x220), add(mload(add(at, 0x220)), energies))
                    if and(active, 4) {
                        sale := add(
                            sale,
                            shr(
                                192,
                                add(
                                    mul(and(shr(32, word), LOW_16_PER_64), mload(add(at, 0x180))),
                                    mul(and(word, LOW_16_PER_64), mload(add(at, 0x1a0)))
                                )
                            )
                        )
                    }
                }

                word := mload(add(position, 0x60))
                excess := or(excess, or(word, not(sub(mload(0), word))))
                energies := and(shr(16, word), LOW_16_PER_32)
                imports := add(imports, energies)
                mstore(add(at, 0x2c0), add(mload(add(at, 0x2c0)), energies))
                if and(active, 8) {
                    purchase := add(
                        purchase,
                        shr(
                            192,
                            add(
                                mul(and(shr(48, word), LOW_16_PER_64), mload(add(at, 0x280))),
                                mul(and(shr(16, word), LOW_16_PER_64), mload(add(at, 0x2a0)))
                            )
                        )
                    )
                }
                energies := and(word, LOW_16_PER_32)
                if energies {
                    exports := add(exports, energies)
                    mstore(add(at, 0x2e0), add(mload(add(at, 0x2e0)), energies))
                    if and(active, 8) {
                        sale := add(
                            sale,
                            shr(
                                192,
                                add(
                                    mul(and(shr(32, word), LOW_16_PER_64), mload(add(at, 0x240))),
                                    mul(and(word, LOW_16_PER_64), mload(add(at, 0x260)))
                                )
                            )
                        )
                    }
                }
            }
            mstore(sums, iszero(and(excess, TOP_PER_16)))
            mstore(add(sums, 0x20), shr(224, mul(imports, ONE_PER_32)))
            mstore(add(sums, 0x40), shr(224, mul(exports, ONE_PER_32)))
            mstore(add(sums, 0x60), purchase)
            mstore(add(sums, 0x80), sale)
        }
    }

    /// @notice Takes a profile that `add` added out of the class again: its imports, and its exports too if asked.
    /// @param position Of the 384 bytes in memory.
    function remove(uint256 position, ClassLanes memory class, bool exportsToo) internal pure {
        uint256[] memory words = class.words;
        assembly ("memory-safe") {
            let at := add(words, 0xa0)
            for {
                let end := add(position, LENGTH)
            } lt(position, end) {
                position := add(position, 0x20)
                at := add(at, 0xc0)
            } {
                let word := mload(position)
                mstore(at, sub(mload(at), and(shr(16, word), LOW_16_PER_32)))
                if exportsToo {
                    let next := add(at, 0x20)
                    mstore(next, sub(mload(next), and(word, LOW_16_PER_32)))
                }
            }
        }
    }
}
