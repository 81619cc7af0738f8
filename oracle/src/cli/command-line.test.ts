import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { runCommandLine } from "./command-line.ts";
import { defineVerb, type Verb } from "./verb.ts";
import { VERBS } from "./verbs.ts";

let printed: string;
let ran: unknown[];

beforeEach(() => {
  printed = "";
  ran = [];
  vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    printed += String(text);
    return true;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
});

const sing = defineVerb({
  usage: "--song NAME [--loud]",
  options: {
    song: { type: "string", value: "NAME", about: "what", required: true },
    key: { type: "string", default: "C", about: "in which key" },
    voice: { type: "string", about: "whose" },
    loud: { type: "boolean", about: "or softly" },
  },
  details: "It is heard.",
  run: (values) => {
    ran.push(values);
  },
});
const entry = (verb: Verb, about: string) => ({ about, load: () => Promise.resolve(verb) });
const verbs = {
  sing: entry(sing, "sing a song"),
  "sing again": entry(sing, "sing it again"),
  "keys create": entry(sing, "make keys"),
};
const run = (...args: string[]) => runCommandLine(verbs, args);

describe("the command line", () => {
  test("hands a verb its options, with what is not given", async () => {
    await run("sing", "--song", "Air");
    expect(ran).toEqual([{ song: "Air", key: "C", voice: undefined, loud: false }]);
    await run("sing", "again", "--loud", "--song=Air", "--key", "D");
    expect(ran[1]).toEqual({ song: "Air", key: "D", voice: undefined, loud: true });
  });

  test.each([[["--help"]], [["-h"]], [["help"]]])("lists all verbs for %j", async (args) => {
    await run(...args);
    expect(printed).toContain("  sing         sing a song\n");
    expect(printed).toContain("  keys create  make keys\n");
    expect(ran).toEqual([]);
  });

  test.each([[["sing", "--help"]], [["help", "sing"]], [["sing", "--loud", "-h"]]])(
    "explains a verb for %j",
    async (args) => {
      await run(...args);
      expect(printed).toContain("usage: commonwatt-oracle sing --song NAME [--loud]");
      expect(printed).toContain("  --song NAME  what (needed)\n");
      expect(printed).toContain("  --key        in which key (default: C)\n");
      expect(printed).toContain("It is heard.");
      expect(ran).toEqual([]);
    },
  );

  test.each([
    [[], /^No verb\nusage: commonwatt-oracle VERB/u],
    [["dance"], /^Unknown verb "dance"\nusage:/u],
    [["keys"], /^Unknown verb "keys", expected one of keys create$/u],
    [["keys", "burn"], /^Unknown verb "keys burn", expected one of keys create$/u],
    [["__proto__"], /^Unknown verb "__proto__"/u],
    [["toString"], /^Unknown verb "toString"/u],
    [["sing"], /^"sing" needs --song NAME\. See "commonwatt-oracle sing --help"$/u],
    [["sing", "--song"], /--song/u],
    [["sing", "--sung", "Air"], /^Unknown option '--sung'\. See "commonwatt-oracle sing --help"$/u],
    [["sing", "--song", "Air", "now"], /^"now" is no part of "sing"/u],
    [["sing", "--song", "Air", "--loud=yes"], /--loud/u],
  ])("refuses %j", async (args, message) => {
    await expect(run(...args)).rejects.toThrow(message);
    await expect(run(...args)).rejects.toMatchObject({ name: "UsageError" });
    expect(ran).toEqual([]);
  });

  test("every verb of the table loads, and its help names its options", async () => {
    for (const [name, { load }] of Object.entries(VERBS)) {
      printed = "";
      const { options, usage } = await load();
      await runCommandLine(VERBS, [...name.split(" "), "--help"]);
      for (const option of Object.keys(options)) expect(printed).toContain(`  --${option}`);
      // What the usage shows exists.
      for (const [, option = ""] of usage.matchAll(/--([a-z][a-z-]*)/gu))
        expect(Object.keys(options)).toContain(option);
    }
  });
});
