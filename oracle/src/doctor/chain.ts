import type { Deployment } from "@commonwatt/sdk/deployment";
import type { Address } from "viem";

import { ago, days, ether } from "../alarms/words.ts";
import { createReader } from "../chain/reader.ts";
import { openChain } from "../chain/open.ts";
import { createRecorder } from "../chain/recorder.ts";
import { checkDeployment } from "../community/join.ts";
import { accessManagerAbi, ROLE_IDS } from "../community/roles.ts";
import type { Config } from "../config/schema.ts";
import { listKeys, readAddress } from "../keystore/keystore.ts";
import { createLog } from "../log.ts";
import { daysLeft } from "../metrics/facts.ts";
import { paceOf, readSamples } from "../metrics/history.ts";
import { examined, type Finding, ok, reasonOf, warning, wrong } from "./finding.ts";

const CLOCK_TOLERANCE_SECONDS = 30;
/** More than a profile uses at most, and what a transaction needs besides: see the contract's gas snapshot. */
const GAS_PER_DAY_AND_METER = 1_080_000n;
const LOOKUPS_AT_ONCE = 32;

/** Everything that is learned from the chain: endpoints, clock, contracts, roles, money, devices. */
export async function examineChain(config: Config, deployment: Deployment): Promise<Finding[]> {
  const endpoints = await openChain(config, deployment, createLog("silent")).catch((error: unknown) => reasonOf(error));
  if (typeof endpoints === "string") {
    return [
      wrong("chain", endpoints, "look at the network, and at rpcUrls; contracts, money and devices were not looked at"),
    ];
  }
  try {
    const reader = createReader(endpoints);
    const submitter = readAddress(config.keystoreDir, "submitter");
    const found = endpoints
      .report()
      .map(({ endpoint, state, head, lastFailure }) =>
        state === "used" || state === "spare"
          ? ok("endpoint", `${endpoint} answers, its latest block is ${head ?? "unknown"}`)
          : warning(
              "endpoint",
              `${endpoint} is ${state}${lastFailure === null ? "" : `: it ${lastFailure}`}`,
              "correct or replace it in rpcUrls",
            ),
      );
    found.push(...(await examined("clock", async () => [await examineClock(config, reader)])));
    found.push(
      ...(await examined("contracts", async () => {
        await checkDeployment(config, deployment, () => undefined);
        return [
          ok("contracts", `${deployment.name} at ${deployment.neighbourhood}: code, version and links are right`),
        ];
      })),
    );
    found.push(...(await examined("money", () => examineAccount(config, deployment, reader, submitter))));
    found.push(
      ...(await examined("devices", () => {
        const { confirmations } = config.timing;
        return examineDevices(
          config,
          createRecorder(endpoints, deployment, { account: deployment.neighbourhood, confirmations }),
        );
      })),
    );
    return found;
  } finally {
    endpoints.close();
  }
}

type Reader = ReturnType<typeof createReader>;

async function examineClock(config: Config, reader: Reader): Promise<Finding> {
  const { timestamp } = await reader.getBlock({ blockTag: "latest" });
  if (config.clock === "chain") return ok("clock", "the chain's time counts, not this machine's");
  const ageSeconds = Date.now() / 1000 - Number(timestamp);
  if (ageSeconds < -CLOCK_TOLERANCE_SECONDS) {
    return wrong(
      "clock",
      `this machine's clock is ${ago(-ageSeconds * 1000)} behind the chain's`,
      "timedatectl set-ntp true",
    );
  }
  if (ageSeconds > config.alarms.headStaleSeconds) {
    return warning(
      "clock",
      `the chain's latest block is ${ago(ageSeconds * 1000)} old by this machine's clock`,
      "one of the two is wrong, or the chain stands still: compare with a block explorer and another clock",
    );
  }
  return ok("clock", `agrees with the chain's latest block, ${ago(ageSeconds * 1000)} ago`);
}

async function examineAccount(
  config: Config,
  { accessManager }: Deployment,
  reader: Reader,
  submitter: Address | undefined,
): Promise<Finding[]> {
  if (submitter === undefined) {
    return [wrong("money", `there is no key of the submitter in ${config.keystoreDir}`, "keys create --submitter")];
  }
  const balance = await reader.getBalance({ address: submitter });
  const { spentWeiPerDay } = paceOf(readSamples(config.dataDir));
  const gasPrice = await reader.getGasPrice();
  // Without a past the largest that a day can cost at today's price.
  const atMost = gasPrice * GAS_PER_DAY_AND_METER * BigInt(config.meters.length);
  const left = daysLeft(balance, spentWeiPerDay ?? atMost) ?? 0;
  const says = `${ether(balance)} on ${submitter}, enough for ${spentWeiPerDay === null ? "at least " : ""}${days(left)}`;
  const send = `send ether to ${submitter}`;
  const money =
    balance === 0n
      ? wrong("money", says, send)
      : left < config.alarms.gasDays
        ? warning("money", says, send)
        : ok("money", says);
  if (!config.settlement.enabled) return [money];
  const args = [ROLE_IDS.announcer, submitter] as const;
  const [mayAnnounce] = await reader.readContract({
    address: accessManager,
    abi: accessManagerAbi,
    functionName: "hasRole",
    args,
  });
  return [
    money,
    mayAnnounce
      ? ok("roles", "the submitter may announce days")
      : warning(
          "roles",
          `the submitter ${submitter} may not announce days`,
          "needed where meters share: the administrator grants it the role announcer",
        ),
  ];
}

/** What the chain knows of the keys that the meters have here. Of many meters that are well, one line. */
async function examineDevices(config: Config, recorder: ReturnType<typeof createRecorder>): Promise<Finding[]> {
  const current = listKeys(config.keystoreDir).filter(({ standing }) => standing === "current");
  const devices = new Map(
    current.flatMap(({ owner, address }) =>
      typeof owner === "object" && address !== undefined ? [[owner.meter, address] as const] : [],
    ),
  );
  const found: Finding[] = [];
  let good = 0;
  for (let index = 0; index < config.meters.length; index += LOOKUPS_AT_ONCE) {
    const some = config.meters.slice(index, index + LOOKUPS_AT_ONCE);
    const findings = await Promise.all(
      some.map(async ({ meter, unitWh }) => {
        const device = devices.get(meter);
        if (device === undefined) {
          return config.signer.kind === "process"
            ? wrong("devices", `meter ${meter} has no key in ${config.keystoreDir}`, `keys create --meters ${meter}`)
            : undefined;
        }
        const state = await recorder.device(device);
        if (state.meter === 0)
          return warning("devices", `the key of meter ${meter} is not registered`, "register it, or pair the meter");
        if (state.meter !== meter)
          return wrong(
            "devices",
            `the key of meter ${meter} is registered for meter ${state.meter}`,
            "correct the number in the configuration",
          );
        if (!state.active)
          return wrong(
            "devices",
            `the key of meter ${meter} was revoked`,
            "make a new one and rotate to it: keys rotate",
          );
        if (10 ** state.unitExponent !== unitWh)
          return wrong(
            "devices",
            `meter ${meter} has unitWh ${unitWh}`,
            `set ${10 ** state.unitExponent}, as on chain`,
          );
        good++;
        return undefined;
      }),
    );
    found.push(...findings.filter((finding) => finding !== undefined));
  }
  if (good > 0) found.push(ok("devices", `the keys of ${good} meters are registered and active`));
  return found;
}
