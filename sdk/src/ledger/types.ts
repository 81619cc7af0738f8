import type { Abi, Address, DecodeEventLogReturnType, Hex } from "viem";

import type { Deployment } from "../deployment.ts";
import type { energyTokenAbi, marketplaceAbi, neighbourhoodAbi } from "../generated/abis.ts";
import type { MeterNumber } from "../ids.ts";
import type { LoggedInterval } from "../settlement/logged.ts";
import type { MeterPayment, Tariff, UnfundedMeter } from "../settlement/types.ts";
import type { Custody, EnergySource, KeyType, MeterKind } from "../meters.ts";
import type { Day, Interval } from "../time.ts";
import type { BaseUnits, Ticks, Wh } from "../units.ts";

/** What a ledger needs to know of a deployment. */
export type LedgerDeployment = Pick<
  Deployment,
  "chainId" | "deploymentBlock" | "neighbourhood" | "token" | "marketplace"
>;

/** Where in the chain something happened. Entries are sorted by (blockNumber, logIndex). */
export type Position = {
  blockNumber: bigint;
  logIndex: number;
  transactionHash: Hex;
  /** Unix seconds of the block, where the node tells it with the log. */
  timestamp?: bigint;
};

/** An event of one of the three contracts, as its ABI explains it: `contract`, `eventName` and `args` are typed. */
export type LedgerEvent = Position &
  (
    | ({ contract: "neighbourhood" } & EventOf<typeof neighbourhoodAbi>)
    | ({ contract: "token" } & EventOf<typeof energyTokenAbi>)
    | ({ contract: "marketplace" } & EventOf<typeof marketplaceAbi>)
  );

/** An event by its name, typed. */
export type Named<Name extends LedgerEvent["eventName"]> = Extract<LedgerEvent, { eventName: Name }>;

type EventOf<abi extends Abi> = DecodeEventLogReturnType<abi>;

/** Energy of one meter and interval. */
export type EnergyLine = { meter: MeterNumber; interval: Interval; wh: Wh };

/** Both registers of a meter, in its unit. */
export type Registers = { importRegister: bigint; exportRegister: bigint };

export type MeterEntry = Position & {
  meter: MeterNumber;
  owner: Address;
  kind: MeterKind;
  source: EnergySource;
  unitWh: Wh;
  capWh: Wh;
  place: string;
};

/** A change of a meter's device. */
export type DeviceEntry = Position & {
  action: "registered" | "rotated" | "revoked";
  meter: MeterNumber;
  device: Address;
  /** The device before a rotation. */
  oldDevice?: Address;
};

/** The device of a meter at one moment. */
export type DeviceAtTime = { device: Address; custody?: Custody; keyType?: KeyType };

/** A recorded meter-day, with all that is needed to check it again. */
export type ProfileEntry = Position & {
  meter: MeterNumber;
  day: Day;
  /** Device the contract recovered. */
  device: Address;
  importRegister: bigint;
  exportRegister: bigint;
  quality: bigint;
  intervals: Hex;
  signature: Hex;
  /** Unit of the meter. */
  unitWh: Wh;
  importWh: Wh;
  exportWh: Wh;
  /** Equals `exportWh`, or 0 for a profile recorded after the retirement window. */
  mintedWh: Wh;
  unattributedImportWh: Wh;
  unattributedExportWh: Wh;
  /** Recorded after the retirement window. */
  late: boolean;
  /** The meter's device just before this, by the registrations on chain; undefined: none, or revoked. */
  deviceAtTime: DeviceAtTime | undefined;
  /** The meter's registers just before this; undefined when the ledger does not reach back to them. */
  previous: Registers | undefined;
};

/** A profile of a batch that was left out. */
export type SkippedProfileEntry = Position & {
  index: bigint;
  /** Day the submitter named; not checked by anyone. */
  day: number;
  /** Revert data; `explainError` puts it into words. */
  reason: Hex;
};

export type TransferEntry = Position & {
  kind: "mint" | "use" | "transfer";
  operator: Address;
  from: Address;
  to: Address;
  /** Without lines of 0 Wh. */
  lines: readonly EnergyLine[];
};

/** A fill, joined with the delivery in the same transaction. */
export type TradeEntry = Position & {
  seller: Address;
  buyer: Address;
  nonce: bigint;
  meter: MeterNumber;
  priceTicks: Ticks;
  firstInterval: Interval;
  energyWh: Wh;
  paidBaseUnits: BaseUnits;
  chargeBaseUnits: BaseUnits;
  /** Energy by interval; empty if no delivery of `energyWh` is in the transaction. */
  lines: readonly EnergyLine[];
};

/** A use of tokens, joined with the burns in the same transaction. */
export type RetirementEntry = Position & {
  /** The importing meter. */
  meter: MeterNumber;
  day: Day;
  account: Address;
  energyWh: Wh;
  /** 192 bytes: what is left of the day's import after this. */
  remainingImports: Hex;
  /** Energy by exporting meter and interval; empty if no burns of `energyWh` are in the transaction. */
  lines: readonly EnergyLine[];
};

export type CancellationEntry = Position & {
  seller: Address;
  /** One offer, or all with a nonce below `minNonce`. */
  cancelled: { nonce: bigint } | { minNonce: bigint };
};

export type RebaseEntry = Position & {
  meter: MeterNumber;
  before: Registers;
  after: Registers;
  reason: string;
};

/** A tariff from a day on, unless another is queued before that day begins. The first is the deployment's. */
export type TariffEntry = Position & Tariff & { effectiveDay: Day };

/** Why a meter of an announced day took no part in its settlement, in the order of the contract's `SkipReason`. */
export const SKIP_REASONS = ["day consumed", "device revoked", "not sharing", "profile unfit"] as const;
export type SkipReason = (typeof SKIP_REASONS)[number];

/** A settled day, as the contract logged it. The profiles are in the transaction's input: see `readSettledDay`. */
export type SettlementEntry = Position & {
  day: Day;
  settler: Address;
  /** Sold, and bought. */
  clearedWh: Wh;
  treasuryBaseUnits: BaseUnits;
  /** 96 entries. */
  intervals: LoggedInterval[];
  /** In the order of the batch; positive: what the meter paid. */
  payments: MeterPayment[];
  unfunded: UnfundedMeter[];
  skipped: { meter: MeterNumber; reason: SkipReason }[];
};

/** A day of a sharing meter that the settlement missed. Nothing of it was shared. */
export type LateEntry = Position & {
  meter: MeterNumber;
  day: Day;
  device: Address;
  importRegister: bigint;
  exportRegister: bigint;
  quality: bigint;
  intervals: Hex;
  signature: Hex;
  unattributedImportWh: Wh;
  unattributedExportWh: Wh;
};

/** What the events of a neighbourhood's contracts say, in the order of the chain. */
export type LedgerEntries = {
  /** Known meters, also those registered before the ledger's first block. */
  meters: MeterEntry[];
  /** Changes of devices, also those before the ledger's first block. */
  devices: DeviceEntry[];
  profiles: ProfileEntry[];
  skippedProfiles: SkippedProfileEntry[];
  transfers: TransferEntry[];
  trades: TradeEntry[];
  retirements: RetirementEntry[];
  cancellations: CancellationEntry[];
  rebases: RebaseEntry[];
  settlements: SettlementEntry[];
  lateDays: LateEntry[];
  /** Queued tariffs, also those before the ledger's first block. */
  tariffs: TariffEntry[];
  /** Everything, as decoded. */
  events: LedgerEvent[];
};

/** All that a neighbourhood's contracts logged in a range of blocks. */
export type Ledger = LedgerEntries & {
  /** First block read. */
  fromBlock: bigint;
  /** Last block read, inclusive. */
  toBlock: bigint;
  /** Whether the ledger begins with the deployment: only then sums are whole. */
  complete: boolean;
  retirementWindowDays: number;
  /** Logs of the contracts that no ABI explains: the ABIs are not those of these contracts. */
  unknownLogs: Position[];
};
