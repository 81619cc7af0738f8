import {
  type Abi,
  type Address,
  encodeAbiParameters,
  encodeEventTopics,
  type Hex,
  numberToHex,
  zeroAddress,
} from "viem";

import { energyTokenAbi, marketplaceAbi, neighbourhoodAbi } from "../src/generated/abis.ts";
import { type MeterNumber, tokenId } from "../src/ids.ts";
import { decodeLog } from "../src/ledger/decode.ts";
import type { MinedLog } from "../src/ledger/logs.ts";
import type { LedgerDeployment, LedgerEvent } from "../src/ledger/types.ts";
import { encodePlace } from "../src/meters.ts";
import { encodeIntervals, encodeQuality, sumUnits, type DayProfile } from "../src/profile.ts";
import { encodeRemainingImports } from "../src/remaining-imports.ts";
import type { Interval } from "../src/time.ts";
import { AT } from "./samples.ts";

export const DEPLOYMENT: LedgerDeployment = { ...AT, deploymentBlock: 10 };

const ABIS: Readonly<Record<LedgerEvent["contract"], Abi>> = {
  neighbourhood: neighbourhoodAbi,
  token: energyTokenAbi,
  marketplace: marketplaceAbi,
};
type EventName<Contract> = Extract<LedgerEvent, { contract: Contract }>["eventName"];

/**
 * Logs as a node returns them, made event by event with the contracts' ABIs: each `block` one transaction.
 */
export class Story {
  readonly logs: MinedLog[] = [];
  #block = 10n;
  #index = 0;

  /** Begins a new block with one transaction. */
  block(): this {
    this.#block += 1n;
    this.#index = 0;
    return this;
  }

  emit<Contract extends LedgerEvent["contract"], Name extends EventName<Contract>>(
    contract: Contract,
    eventName: Name,
    args: Extract<LedgerEvent, { contract: Contract; eventName: Name }>["args"],
  ): this {
    const item = ABIS[contract].find((candidate) => candidate.type === "event" && candidate.name === eventName);
    if (item?.type !== "event") throw new Error(`No event ${eventName}.`);
    const values = args as unknown as Record<string, unknown>;
    const plain = item.inputs.filter(({ indexed }) => indexed !== true);
    return this.raw(
      AT[contract],
      encodeEventTopics({ abi: [item], args: values }) as [Hex, ...Hex[]],
      encodeAbiParameters(
        plain,
        plain.map(({ name = "" }) => values[name]),
      ),
    );
  }

  raw(address: Address, topics: [Hex, ...Hex[]], data: Hex): this {
    this.logs.push({
      address,
      topics,
      data,
      blockNumber: this.#block,
      blockHash: numberToHex(this.#block, { size: 32 }),
      blockTimestamp: this.#block * 1_000n,
      transactionHash: numberToHex(this.#block, { size: 32 }),
      transactionIndex: 0,
      logIndex: this.#index++,
      removed: false,
    });
    return this;
  }

  meter(meter: MeterNumber, owner: Address, unitExponent = 0): this {
    const facts = { kind: 0, source: 1, capWh: 10_000, place: encodePlace("AT") };
    return this.emit("neighbourhood", "MeterRegistered", { meter, owner, unitExponent, ...facts });
  }

  device(meter: MeterNumber, device: Address, importRegister = 0n, exportRegister = 0n): this {
    const registers = { importRegister, exportRegister };
    return this.emit("neighbourhood", "DeviceRegistered", { meter, device, keyType: 0, custody: 1, ...registers });
  }

  profile(
    meter: MeterNumber,
    device: Address,
    profile: DayProfile,
    signature: Hex,
    unattributed: { importWh?: bigint; exportWh?: bigint } = {},
  ): this {
    return this.emit("neighbourhood", "ProfileRecorded", {
      meter,
      day: profile.day,
      device,
      importRegister: profile.importRegister,
      exportRegister: profile.exportRegister,
      quality: encodeQuality(profile.quality),
      unattributedImportWh: unattributed.importWh ?? profile.importRegister - sumUnits(profile.imports),
      unattributedExportWh: unattributed.exportWh ?? profile.exportRegister - sumUnits(profile.exports),
      intervals: encodeIntervals(profile.imports, profile.exports),
      signature,
    });
  }

  mint(meter: MeterNumber, owner: Address, first: Interval, exportsWh: readonly number[]): this {
    return this.move(zeroAddress, owner, meter, first, exportsWh);
  }

  /** A transfer (or mint, or burn) of one meter's energy over contiguous intervals; zeros are left out. */
  move(from: Address, to: Address, meter: MeterNumber, first: Interval, energyWh: readonly number[]): this {
    const lines = energyWh.flatMap((energy, index) =>
      energy === 0 ? [] : [{ id: tokenId(meter, (first + index) as Interval), value: BigInt(energy) }],
    );
    return this.emit("token", "TransferBatch", {
      operator: AT.neighbourhood,
      from,
      to,
      ids: lines.map(({ id }) => id),
      values: lines.map(({ value }) => value),
    });
  }

  trade(
    seller: Address,
    buyer: Address,
    meter: MeterNumber,
    firstInterval: Interval,
    energyWh: bigint,
    nonce = 1n,
  ): this {
    const money = { priceTicks: 1_500, paidBaseUnits: energyWh * 150n, chargeBaseUnits: 0n };
    return this.emit("marketplace", "OfferFilled", { seller, buyer, nonce, meter, firstInterval, energyWh, ...money });
  }

  retired(meter: MeterNumber, day: number, account: Address, energyWh: bigint): this {
    const remainingImports = encodeRemainingImports(new Array<number>(96).fill(0));
    return this.emit("neighbourhood", "Retired", { meter, day, account, energyWh, remainingImports });
  }

  /** All logs, decoded. */
  events(): LedgerEvent[] {
    return this.logs.map((log) => {
      const event = decodeLog(DEPLOYMENT, log);
      if (event === undefined) throw new Error("A log of the story cannot be decoded.");
      return event;
    });
  }
}
