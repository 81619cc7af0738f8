import { demoEuroAbi, neighbourhoodAbi } from "@commonwatt/sdk/generated/abis";
import { type Day, isoDay } from "@commonwatt/sdk/time";
import type { Address } from "viem";

import { governorAccount } from "../run/accounts.ts";
import type { Resident } from "../run/homes.ts";
import { send } from "../run/send.ts";
import { deploymentOf, type YearScene } from "./scene.ts";

/** What operator, governor and members do in the year, by calls of their own wallets. */
export type Acts = ReturnType<typeof createActs>;

/** The tariff that holds later in the year, ticks per kWh. */
const LATER_TARIFF = { communityPriceTicks: 1_300, networkChargeTicks: 250 };
const DAYS_AHEAD = 2;
const BY_HAND = { sharing: false, community: false, askTicks: 0, bidTicks: 0 };

export function createActs(scene: Pick<YearScene, "chain" | "deployments">) {
  const { chain } = scene;
  const deployment = deploymentOf(scene);
  const contract = { address: deployment.neighbourhood, abi: neighbourhoodAbi } as const;
  const currency = { address: deployment.currency, abi: demoEuroAbi } as const;
  const governor = { client: chain.client, wallet: chain.wallet(governorAccount()) };
  const of = ({ account }: Resident) => ({ client: chain.client, wallet: chain.wallet(account) });

  const moneyOf = (address: Address): Promise<bigint> =>
    chain.client.readContract({ ...currency, functionName: "balanceOf", args: [address] });
  const accountOf = (address: Address): Promise<bigint> =>
    chain.client.readContract({ ...contract, functionName: "accountBalance", args: [address] });

  /** The device of a meter, and its state. */
  async function meterState(meter: number) {
    const { device } = await chain.client.readContract({ ...contract, functionName: "meter", args: [meter] });
    const state = await chain.client.readContract({ ...contract, functionName: "deviceState", args: [device] });
    return { device, ...state };
  }

  return {
    moneyOf,
    meterState,
    /** The governor queues another tariff. Returns in words what will be. */
    async changeTariff(today: Day): Promise<string> {
      const effectiveDay = today + DAYS_AHEAD;
      await send(governor, "Queueing a tariff", {
        ...contract,
        functionName: "setTariff",
        args: [effectiveDay, LATER_TARIFF],
      });
      return `From ${isoDay(effectiveDay as Day)} on another tariff holds.`;
    },
    /** A member turns the sharing of their meter off, from tomorrow on. */
    async stopSharing(resident: Resident): Promise<void> {
      await send(of(resident), "Ending to share", {
        ...contract,
        functionName: "setSettings",
        args: [resident.meter, BY_HAND],
      });
    },
    /**
     * A member whose meter does not share any more takes all money out, the operator closes the meter and ends the
     * membership.
     */
    async leave(resident: Resident): Promise<string> {
      const { meter, account } = resident;
      const owner = of(resident);
      await send(owner, "Applying what is queued", { ...contract, functionName: "applyChanges", args: [[meter]] });
      const { balanceBaseUnits } = await meterState(meter);
      await send(owner, "Taking the meter's money back", {
        ...contract,
        functionName: "defundMeter",
        args: [meter, balanceBaseUnits],
      });
      const amount = await accountOf(account.address);
      await send(owner, "Withdrawing", { ...contract, functionName: "withdraw", args: [account.address, amount] });
      await send(governor, "Closing the meter", { ...contract, functionName: "closeMeter", args: [meter] });
      await send(governor, "Ending the membership", {
        ...contract,
        functionName: "removeMember",
        args: [account.address],
      });
      return `${resident.home.name} left with ${amount} base units, and the meter is closed.`;
    },
  };
}
