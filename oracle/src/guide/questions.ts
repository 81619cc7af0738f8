import { parseAddress, parseTicks, parseWhole } from "../community/values.ts";
import { checkRpc } from "./check-rpc.ts";
import { readChoice, readHost, readText, readUrl } from "./read-answer.ts";
import type { Ask } from "./ask.ts";

/** The answers of the first hour, besides those about meters. */
export const QUESTIONS = [
  ...["rpcUrl", "neighbourhood", "name", "currency", "deviceRegistry", "communityPrice", "networkCharge"],
  ...["neighbourhoodAddress", "marketplaceAddress", "messages", "httpHost", "httpPort", "mqttPort", "brokerUrl"],
  ...["serialPath", "serialFormat", "boardPort", "adminPort", "dappUrl", "clock", "keystoreStrength"],
] as const;

const MAX_PORT = 65_535;
const readPort = (what: string) => (answer: string) => parseWhole(what, answer, 1, MAX_PORT);

export const askRpcUrl = (ask: Ask) =>
  ask({
    key: "rpcUrl",
    text: "Through which RPC endpoint is the chain reached, such as https://rpc.example.org?",
    // Asked at once, and remembered only if it answers: a person who mistypes it is asked again.
    read: async (answer) => {
      const rpcUrl = readUrl("RPC endpoint", ["http", "https"])(answer);
      return { rpcUrl, ...(await checkRpc(rpcUrl)) };
    },
  });

export const askDeployOrJoin = (ask: Ask) =>
  ask({
    key: "neighbourhood",
    text: "Deploy a new neighbourhood, or join one that exists (deploy, join)?",
    read: readChoice("answer", ["deploy", "join"]),
  });

export const askName = (ask: Ask) =>
  ask({ key: "name", text: "What is the neighbourhood called?", read: readText("name", 64) });

/** What a new neighbourhood is deployed with. */
export async function askTerms(ask: Ask) {
  const currency = await ask({
    key: "currency",
    text: "In which currency do neighbours pay (the address of an ERC-20 with 6 decimals; demo: play money, on a local chain)?",
    read: (answer) => (answer === "demo" ? ("demo" as const) : parseAddress("currency", answer)),
  });
  const deviceRegistry = await ask({
    key: "deviceRegistry",
    text: "At which address is the chain's device registry (new: it has none yet)?",
    fallback: "new",
    read: (answer) => (answer === "new" ? undefined : parseAddress("device registry", answer)),
  });
  const communityPriceTicks = await ask({
    key: "communityPrice",
    text: "What does a kWh cost among neighbours, in ten-thousandths of the currency unit (1500: 15 cents)?",
    fallback: "1500",
    read: (answer) => parseTicks("price", answer),
  });
  const networkChargeTicks = await ask({
    key: "networkCharge",
    text: "What does the buyer pay to the network on top of it, in the same unit?",
    fallback: "0",
    read: (answer) => parseTicks("network charge", answer),
  });
  return { currency, deviceRegistry, terms: { communityPriceTicks, networkChargeTicks } };
}

/** Where an existing neighbourhood is. */
export async function askWhere(ask: Ask) {
  const neighbourhood = await ask({
    key: "neighbourhoodAddress",
    text: "What is the address of its Neighbourhood contract?",
    read: (answer) => parseAddress("address", answer),
  });
  const marketplace = await ask({
    key: "marketplaceAddress",
    text: "And that of its Marketplace contract?",
    read: (answer) => parseAddress("address", answer),
  });
  return { neighbourhood, marketplace };
}

/** How the meters' messages come: the sections of the config. */
export async function askMessages(ask: Ask): Promise<Record<string, unknown>> {
  const kind = await ask({
    key: "messages",
    text: "How do the meters' messages come (http: posted as to Emoncms; mqtt: to a broker in the oracle; broker: from an MQTT broker; serial: from a serial line)?",
    read: readChoice("answer", ["http", "mqtt", "broker", "serial"]),
  });
  // Nobody needs to find a broker that is not asked for: the system chooses its port.
  const unused = { kind: "embedded", host: "127.0.0.1", port: 0 };
  if (kind === "http") return { broker: unused, http: await askHttp(ask) };
  if (kind === "broker") {
    const url = await ask({
      key: "brokerUrl",
      text: "Where is the broker, such as mqtts://broker.example:8883?",
      read: readUrl("broker", ["mqtt", "mqtts", "ws", "wss"]),
    });
    return { broker: { kind: "external", url } };
  }
  if (kind === "serial") {
    const path = await ask({
      key: "serialPath",
      text: "Which serial line, such as /dev/ttyUSB0?",
      read: readText("path", 200),
    });
    const format = await ask({
      key: "serialFormat",
      text: "What comes on it (text, jeelib, rfm69, p1)?",
      read: readChoice("format", ["text", "jeelib", "rfm69", "p1"]),
    });
    return { broker: unused, serial: [{ path, format }] };
  }
  const port = await ask({
    key: "mqttPort",
    text: "On which port of this machine is the broker to listen?",
    fallback: "1883",
    read: readPort("port"),
  });
  return { broker: { kind: "embedded", host: "127.0.0.1", port } };
}

async function askHttp(ask: Ask) {
  const host = await ask({
    key: "httpHost",
    text: "On which address of this machine (127.0.0.1: a proxy with TLS stands in front, or the gateway runs here)?",
    fallback: "127.0.0.1",
    read: readHost("address"),
  });
  const port = await ask({ key: "httpPort", text: "On which port?", fallback: "8080", read: readPort("port") });
  return { host, port, keysFile: "http-keys" };
}

/** What is left to say for the config. */
export async function askRest(ask: Ask) {
  const boardPort = await ask({
    key: "boardPort",
    text: "On which port of this machine does the oracle answer the dApp and you?",
    fallback: "8787",
    read: readPort("port"),
  });
  const adminPort = await ask({
    key: "adminPort",
    text: "And on which port, for this machine alone, does it say how it stands (status, supervision)?",
    fallback: "9464",
    read: readPort("port"),
  });
  const dappUrl = await ask({
    key: "dappUrl",
    text: "At which address do the members open the dApp, such as https://street.example.org?",
    read: readUrl("dApp", ["http", "https"]),
  });
  const clock = await ask({
    key: "clock",
    text: "Whose clock counts (system; chain: for a rehearsal on a local chain)?",
    fallback: "system",
    read: readChoice("clock", ["system", "chain"]),
  });
  const keystoreStrength = await ask({
    key: "keystoreStrength",
    text: "How strongly are keys encrypted (standard; light: for a rehearsal)?",
    fallback: "standard",
    read: readChoice("strength", ["standard", "light"]),
  });
  return { boardPort, adminPort, dappUrl, clock, keystoreStrength };
}
