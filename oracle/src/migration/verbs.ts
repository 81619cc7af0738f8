import { existsSync, readFileSync, writeFileSync } from "node:fs";

import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";
import { hexSchema, parseBySchema } from "@commonwatt/sdk/schema";
import { isoDay } from "@commonwatt/sdk/time";
import { join } from "node:path";
import { serializeTypedData } from "viem";
import { z } from "zod";

import { configOption, defineVerb, print } from "../cli/verb.ts";
import { readDeploymentFile, writeDeploymentFile } from "../community/deployment-file.ts";
import { money } from "../community/money.ts";
import { checkDeployment } from "../community/join.ts";
import { type Community, openCommunity } from "../community/open.ts";
import { actorOf, printOutcome, sendingOptions, tell, withCommunity } from "../community/verbs/shared.ts";
import { parseMeterNumber } from "../community/values.ts";
import type { Config } from "../config/schema.ts";
import { openKey } from "../keystore/keystore.ts";
import { readPassphrase } from "../keystore/passphrase.ts";
import { checkMigration, type MigrationReport } from "./check.ts";
import { moveMeters } from "./move.ts";
import { planMigration } from "./plan.ts";
import { deploySuccessor, prepareMigration } from "./prepare.ts";
import { openProver } from "./prove.ts";
import { relaySigned } from "./relay.ts";
import { type SignRequest, signRequests, typedDataOf } from "./requests.ts";
import { surveyNeighbourhood } from "./survey.ts";

const to = {
  type: "string",
  value: "FILE",
  about: "deployment.json of the new neighbourhood",
  required: true,
} as const;
const without = {
  type: "string",
  value: "1,2,...",
  about: "meters that move though their last days are not on chain",
} as const;

/** Without a dry run: each step needs the one before. `migrate plan` says what would happen. */
const { config, key } = sendingOptions("operator");
const moving = { config, key, to } as const;

/** Opens both neighbourhoods, the config's and the one of a file, which has to be a whole one on the same ground. */
async function withBoth<T>(
  { config: file, to: target }: { config: string; to: string },
  work: (from: Community, to: Community, config: Config) => Promise<T>,
): Promise<T> {
  return withCommunity(file, async (from, config) => {
    const deployment = await checkDeployment(config, readDeploymentFile(target), () => undefined);
    const next = await openCommunity(config, deployment);
    try {
      if (next.deployment.neighbourhood.toLowerCase() === from.deployment.neighbourhood.toLowerCase()) {
        throw new CommonwattError(`${target} is the neighbourhood that the config names already, expected the new one`);
      }
      for (const key of ["chainId", "deviceRegistry", "currency"] as const) {
        if (String(next.deployment[key]).toLowerCase() === String(from.deployment[key]).toLowerCase()) continue;
        throw new CommonwattError(
          `${target}: ${key} is ${next.deployment[key]}, expected ${from.deployment[key]}, as of the old neighbourhood`,
        );
      }
      return await work(from, next, config);
    } finally {
      next.close();
    }
  });
}

export const planVerb = defineVerb({
  usage: "\n--to FILE",
  options: { config: configOption, to: { ...to, required: false }, without },
  details: "Says what a migration would do and what is in its way. Sends nothing.",
  run: ({ config, to: target, without: list }) =>
    withCommunity(config, async (community, settings) => {
      let next: Community | undefined;
      if (target !== undefined && existsSync(target)) next = await openCommunity(settings, readDeploymentFile(target));
      try {
        const survey = next === undefined ? undefined : await surveyNeighbourhood(next);
        const plan = planMigration(await surveyNeighbourhood(community), survey, parseMeters(list));
        print(
          `Done today, ${isoDay(plan.cut.lastDay)} is the old contract's last day and ${isoDay(plan.cut.firstDay)} the new one's first.`,
        );
        section("migrate prepare will", plan.prepare);
        section("migrate move will", plan.move);
        section("Only its owner can move money and choose settings", plan.owners);
        section("In the way", plan.obstacles);
        section("Good to know", plan.notes);
      } finally {
        next?.close();
      }
    }),
});

export const prepareVerb = defineVerb({
  usage: "--to FILE",
  options: {
    ...moving,
    admin: { type: "boolean", about: 'give the roles too, with the key "admin" of the keystore' },
  },
  details:
    'Deploys the new neighbourhood (with the key "deployer") where FILE is not there yet, then admits the members and registers the meters there. Nothing changes for anybody. Can be repeated.',
  async run(values) {
    if (!existsSync(values.to)) {
      await withCommunity(values.config, async (community, config) => {
        const { privateKey } = await openKey(config.keystoreDir, "deployer", readPassphrase(config));
        const options = {
          rpcUrl: config.rpcUrls[0] ?? "",
          deployerKey: privateKey,
          folder: join(config.dataDir, `deploy-after-${community.deployment.neighbourhood}`),
        };
        writeDeploymentFile(values.to, await deploySuccessor(community, options, tell));
      });
    }
    await withBoth(values, async (from, next, config) => {
      const actor = await actorOf(next, config, { ...values, "dry-run": false });
      const admin = values.admin ? await actorOf(next, config, { key: "admin", "dry-run": false }) : undefined;
      for (const outcome of await prepareMigration(from, actor, admin)) printOutcome(outcome);
    });
  },
});

export const moveVerb = defineVerb({
  usage: "--to FILE",
  options: {
    ...moving,
    without,
    possessions: {
      type: "string",
      value: "FILE",
      about: "proofs of devices whose keys are on gateways: a line of JSON each, with meter, device, possession",
    },
  },
  details:
    "Stop the oracle before. Closes each meter on the old contract and opens it on the new one with the same device, at its closing registers. Killed, it goes on when it is run again, which has to be on the same day (UTC).",
  run: (values) =>
    withBoth(values, async (from, next, config) => {
      const prover = openProver(config, values.to, values.possessions);
      try {
        const parts = {
          from: await actorOf(from, config, { ...values, "dry-run": false }),
          to: await actorOf(next, config, { ...values, "dry-run": false }),
          prove: prover.prove,
          without: parseMeters(values.without),
        };
        const outcomes = await moveMeters(parts);
        for (const outcome of outcomes) printOutcome(outcome);
        if (outcomes.length === 0) print("All meters have moved already.");
      } finally {
        await prover.close();
      }
    }),
});

export const requestsVerb = defineVerb({
  usage: "--to FILE --out FILE",
  options: {
    config: configOption,
    to,
    out: { type: "string", value: "FILE", about: "where to write what owners are to sign", required: true },
  },
  details:
    'Once the meters have moved: writes what each owner signs (EIP-712 typed data, which any wallet shows and signs) so that "migrate relay" can move their money and have their meters share again. What they do themselves is left out the next time.',
  run: (values) =>
    withBoth(values, async (from, next) => {
      const requests = await signRequests(from, next);
      const entries: object[] = [];
      for (const request of requests) {
        // As wallets take it: `eth_signTypedData_v4`.
        const typedData: unknown = JSON.parse(serializeTypedData(await typedDataOf(request, from, next)));
        entries.push({ ...request, typedData });
      }
      writeFileSync(values.out, `${JSON.stringify(entries, undefined, 2)}\n`);
      print(
        `${requests.length} to sign, of ${new Set(requests.map(({ account }) => account)).size} owners: ${values.out}`,
      );
    }),
});

export const relayVerb = defineVerb({
  usage: "--to FILE --signed FILE",
  options: {
    ...moving,
    signed: { type: "string", value: "FILE", about: 'what "migrate requests" wrote, with signatures', required: true },
  },
  details: "Sends what owners have signed, and says what is still open. Can be repeated as signatures come in.",
  run: (values) =>
    withBoth(values, async (from, next, config) => {
      const requests = readSigned(values.signed);
      const relayed = await relaySigned(
        requests,
        await actorOf(from, config, { ...values, "dry-run": false }),
        await actorOf(next, config, { ...values, "dry-run": false }),
      );
      for (const outcome of relayed.sent) printOutcome(outcome);
      section("Still open", relayed.open);
    }),
});

export const checkMigrationVerb = defineVerb({
  usage: "--to FILE",
  options: { config: configOption, to },
  details: "Compares both contracts: members, meters, registers, days and every base unit of money. Sends nothing.",
  run: (values) =>
    withBoth(values, async (from, next) => {
      const report = await checkMigration(from, next);
      printReport(report);
      if (!report.sound) throw new CommonwattError("The contracts contradict each other, see above");
    }),
});

function printReport({ complete, faults, open, notes, meters, money: sums }: MigrationReport): void {
  print(`${meters.filter(({ moved }) => moved).length} of ${meters.length} meters have moved.`);
  for (const which of ["old", "new"] as const) {
    const sum = (key: "importWh" | "exportWh") =>
      meters.reduce((total, { unattributed }) => total + (unattributed[which]?.[key] ?? 0n), 0n);
    print(
      `Energy in no quarter-hour on the ${which} contract: ${sum("importWh")} Wh drawn, ${sum("exportWh")} Wh fed in.`,
    );
  }
  print(
    `Money: ${money(sums.before)} before; now ${money(sums.oldNow)} on the old contract, ${money(sums.withdrawn)} taken out by owners, ${money(sums.collected)} by the treasurer, ${money(sums.newNow)} on the new one.`,
  );
  section("Wrong", faults);
  section("Still open", open);
  section("Good to know", notes);
  if (complete) print("Everything has moved, and nothing is missing.");
}

function section(title: string, lines: readonly string[]): void {
  if (lines.length === 0) return;
  print(`${title}:`);
  for (const line of lines) print(`  - ${line}`);
}

function parseMeters(list: string | undefined): number[] {
  return list === undefined ? [] : list.split(",").map((text) => parseMeterNumber("--without", text));
}

const digits = z.string().regex(/^\d{1,78}$/u, { error: "decimal digits" });
const amount = { amountBaseUnits: digits };
const meter = z.int().min(1).max(0xffff_ffff);
const ticks = z.int().min(0).max(65_535);
const action = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("defund"), meter, ...amount }),
  z.strictObject({ kind: z.literal("withdraw"), ...amount }),
  z.strictObject({ kind: z.literal("deposit"), ...amount }),
  z.strictObject({ kind: z.literal("fund"), meter, ...amount }),
  z.strictObject({
    kind: z.literal("settings"),
    meter,
    settings: z.strictObject({ sharing: z.boolean(), community: z.boolean(), askTicks: ticks, bidTicks: ticks }),
  }),
]);
const signedSchema = z
  .array(
    z.object({
      account: z.custom<SignRequest["account"]>((value) => hexSchema.safeParse(value).success, { error: "an address" }),
      what: z.string(),
      action,
      nonce: digits,
      deadline: digits,
      signature: hexSchema.optional(),
    }),
  )
  .max(100_000);

function readSigned(file: string): SignRequest[] {
  return parseBySchema("signatures", signedSchema, readFileSync(file, "utf8"));
}
