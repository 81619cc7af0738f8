// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IEnergyToken} from "../interfaces/IEnergyToken.sol";
import {INeighbourhood} from "../interfaces/INeighbourhood.sol";
import {MeterRegistration} from "../types/Meters.sol";
import {Member, MeterFacts, NeighbourhoodState} from "../types/State.sol";
import {Host} from "./Host.sol";
import {MeterBook} from "./MeterBook.sol";
import {Places} from "./Places.sol";

/// @title Members
/// @notice Members and the meters they own: see {INeighbourhood}. Linked: a neighbourhood runs these functions on its own
/// state and its caller's input.
library Members {
    uint8 private constant MAX_UNIT_EXPONENT = 2;

    function admitMember(address member) external {
        NeighbourhoodState storage state = Host.state();
        require(member != address(0), INeighbourhood.InvalidOwner(member));
        require(!state.members[member].admitted, INeighbourhood.AlreadyMember(member));

        state.members[member].admitted = true;

        emit INeighbourhood.MemberAdmitted(member);
    }

    function removeMember(address member) external {
        NeighbourhoodState storage state = Host.state();
        Member storage facts = state.members[member];
        require(facts.admitted, INeighbourhood.NotMember(member));
        require(facts.meters == 0, INeighbourhood.MemberOwnsMeters(member, facts.meters));

        delete state.members[member];

        emit INeighbourhood.MemberRemoved(member);
    }

    function registerMeter(MeterRegistration calldata registration) external {
        NeighbourhoodState storage state = Host.state();
        uint32 meter = registration.meter;
        address owner = registration.owner;
        require(meter != 0, INeighbourhood.InvalidMeterNumber(meter));
        IEnergyToken token = Host.token();
        (address registered, ) = token.issuer(meter);
        require(registered == address(0), INeighbourhood.MeterAlreadyRegistered(meter));
        require(state.members[owner].admitted, INeighbourhood.NotMember(owner));
        require(
            registration.unitExponent <= MAX_UNIT_EXPONENT,
            INeighbourhood.InvalidUnitExponent(registration.unitExponent)
        );
        require(Places.isValid(registration.place), INeighbourhood.InvalidPlace(registration.place));

        MeterFacts storage facts = state.facts[meter];
        facts.kind = registration.kind;
        facts.source = registration.source;
        facts.capUnits = MeterBook.toCapUnits(registration.capWh, registration.unitExponent);
        facts.place = registration.place;
        ++state.members[owner].meters;

        emit INeighbourhood.MeterRegistered(
            meter,
            owner,
            registration.kind,
            registration.source,
            registration.unitExponent,
            registration.capWh,
            registration.place
        );

        token.admitIssuer(meter, owner, registration.unitExponent);
    }
}
