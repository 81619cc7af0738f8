/** How much an alarm hurries: what is lost is lost at "critical"; "warning" becomes that if nobody looks. */
export type Severity = "critical" | "warning";

export type AlarmEntry = {
  severity: Severity;
  /** Seconds that it must have been true before it is raised. */
  afterSeconds: number;
  /** What is wrong, for the rule's summary. */
  summary: string;
  /** What to do first; the runbook has the rest. */
  action: string;
};

/**
 * Every alarm. Each has a section of its name in the runbook of docs/operations.md and a rule in
 * oracle/ops/prometheus-rules.yml, which `npm run docs:alarms` makes from this table.
 */
export const ALARMS = {
  "database-unavailable": {
    severity: "critical",
    afterSeconds: 30,
    summary: "The database takes no writes: no message is acknowledged",
    action: "look whether its disk is full or its server runs; nothing is lost that gateways keep",
  },
  "disk-filling": {
    severity: "warning",
    afterSeconds: 300,
    summary: "The disk is nearly full, or will be soon",
    action: "make room, or lower retention.messageDays and restart",
  },
  "chain-unreachable": {
    severity: "critical",
    afterSeconds: 120,
    summary: "No RPC endpoint of the chain answers",
    action: "look at the network and at the providers in rpcUrls; add another one",
  },
  "chain-stale": {
    severity: "critical",
    afterSeconds: 120,
    summary: "The chain's latest block is old",
    action: "compare it with another provider's; if the chain itself stands still, wait",
  },
  "endpoints-degraded": {
    severity: "warning",
    afterSeconds: 900,
    summary: "An RPC endpoint is left: it fails, is behind or on another chain",
    action: "see which and why in the status; correct or replace it in rpcUrls",
  },
  "clock-off": {
    severity: "critical",
    afterSeconds: 60,
    summary: "The machine's clock is behind the chain's",
    action: "set the clock, and turn on its synchronisation (timedatectl set-ntp true)",
  },
  "broker-disconnected": {
    severity: "critical",
    afterSeconds: 120,
    summary: "The MQTT broker is not connected",
    action: "see mqtt-failed in the log for the reason; messages wait at the broker",
  },
  "messages-stale": {
    severity: "critical",
    afterSeconds: 60,
    summary: "No meter has been heard for long",
    action: "look at the gateways' network and at the broker",
  },
  "meters-silent": {
    severity: "warning",
    afterSeconds: 300,
    summary: "Some meters have not been heard for long",
    action: "look at the devices the status names: power, network, clock",
  },
  "inbox-lagging": {
    severity: "warning",
    afterSeconds: 60,
    summary: "Messages wait for long to be worked through",
    action: "look for retry lines in the log, and at the machine's load",
  },
  "messages-set-aside": {
    severity: "warning",
    afterSeconds: 0,
    summary: "A message could not be worked through: a defect of the oracle",
    action: "report the set-aside line of the log; the message is kept",
  },
  "days-not-closed": {
    severity: "warning",
    afterSeconds: 600,
    summary: "Days of meters are over and not closed",
    action: "look for retry lines of closing days in the log; most often the chain does not answer",
  },
  "profiles-unsigned": {
    severity: "critical",
    afterSeconds: 600,
    summary: "Closed days wait for their signature",
    action: "look for signer lines in the log: passphrase, keys, the signer's disk",
  },
  "profiles-waiting": {
    severity: "warning",
    afterSeconds: 600,
    summary: "Signed days wait for long to be recorded",
    action: "see what is in the way of transactions in the status",
  },
  "profiles-parked": {
    severity: "warning",
    afterSeconds: 0,
    summary: "A profile of the last week was given up",
    action: "the log's parked line names the contract's reason; its energy comes with the next day",
  },
  "transactions-stuck": {
    severity: "warning",
    afterSeconds: 600,
    summary: "The chain's nodes do not take a transaction",
    action: "the status says why: an empty account, fees above submission.maxFeeGwei, or a node's refusal",
  },
  "gas-low": {
    severity: "warning",
    afterSeconds: 300,
    summary: "The money for gas is about to run out",
    action: "send ether to the submitter's account",
  },
  "settlement-late": {
    severity: "critical",
    afterSeconds: 600,
    summary: "An announced day is not settled, and its window closes soon",
    action: "see what the settlement waits for in the status; after the window the day is void",
  },
  "settlement-paused": {
    severity: "warning",
    afterSeconds: 0,
    summary: "The guardian has paused settlements",
    action: "ask the guardian why; the governor ends the pause",
  },
  "backup-old": {
    severity: "warning",
    afterSeconds: 0,
    summary: "The last backup is old, or there is none",
    action: "run the verb backup, and have it run every day",
  },
} as const satisfies Record<string, AlarmEntry>;

export type AlarmName = keyof typeof ALARMS;
export const ALARM_NAMES = Object.keys(ALARMS) as AlarmName[];
