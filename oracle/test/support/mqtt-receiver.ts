import { appendFileSync, fsyncSync, openSync, readFileSync } from "node:fs";

import { connectExternalBroker, type ExternalBrokerConfig } from "../../src/sources/external-broker.ts";

// Usage: mqtt-receiver.ts CONFIG FILE. Appends the payload of each message to the file, durably, until it is killed.
const [configFile = "", file = ""] = process.argv.slice(2);
const config = JSON.parse(readFileSync(configFile, "utf8")) as ExternalBrokerConfig;
const descriptor = openSync(file, "a");
connectExternalBroker(
  config,
  ["emon/#"],
  ({ payload }) => {
    appendFileSync(descriptor, `${Buffer.from(payload).toString()}\n`);
    fsyncSync(descriptor);
    return Promise.resolve();
  },
  {
    onConnected: () => {
      process.stdout.write("ready\n");
    },
    onError: ({ message }) => {
      process.stderr.write(`${message}\n`);
    },
  },
);
