import { deflateSync } from "node:zlib";

import { encrypt } from "./emoncms-sender.ts";
import { ANY_KEY, NODE_KEY, SCENE_NOW, type StoredRow } from "./http-scene.ts";

/** One line of the conformance table: what comes in, what is answered, what is stored. */
export type ConformanceCase = {
  /** What it shows. */
  shows: string;
  method: "GET" | "POST" | "PUT" | "OPTIONS";
  target: string;
  headers?: Record<string, string>;
  body?: string | Buffer;
  /** The body in words, where it is binary or encrypted. */
  shown?: string;
  reply: { status: number; body: string; type?: string };
  /** Empty: nothing is stored. Seconds are relative to the server's time. */
  rows: StoredRow[];
};

const T = SCENE_NOW;
const any = { authorization: `Bearer ${ANY_KEY}` };
const form = { "content-type": "application/x-www-form-urlencoded" };
const ok = { status: 200, body: "ok" };
const success = { status: 200, body: '{"success": true}' };
const wrongKey = { status: 401, body: "Invalid API key" };
const fails = (message: string, status = 200) => ({ status, body: `{"success": false, "message": "${message}"}` });
const row = (node: string, seconds: number, values: Record<string, number>): StoredRow => ({ node, seconds, values });
const get = (target: string, rest: Pick<ConformanceCase, "shows" | "reply" | "rows">): ConformanceCase => ({
  method: "GET",
  target,
  headers: any,
  ...rest,
});
const post = (
  target: string,
  body: string | Buffer,
  rest: Pick<ConformanceCase, "shows" | "reply" | "rows"> & Partial<ConformanceCase>,
): ConformanceCase => ({ method: "POST", target, headers: { ...any, ...form }, body, ...rest });
const encrypted = (
  target: string,
  plaintext: string,
  rest: Pick<ConformanceCase, "shows" | "rows"> &
    Partial<ConformanceCase> & { user?: number; key?: string; gz?: boolean },
): ConformanceCase => {
  const { user = 1, key = ANY_KEY, gz = false, ...others } = rest;
  const { headers, body, receipt } = encrypt(plaintext, { user, key, gz, iv: Buffer.alloc(16, plaintext.length) });
  const shown = `encrypted${gz ? ", compressed" : ""}: ${plaintext}`;
  return { method: "POST", target, headers, body, shown, reply: { status: 200, body: receipt }, ...others };
};

const bulkRows = `[[${T - 20},"emontx",100,200],[${T - 10},"emontx",{"power1":101,"E1":5000}]]`;
const twoRows = [row("emontx", -20, { 1: 100, 2: 200 }), row("emontx", -10, { power1: 101, E1: 5000 })];

/** The table by chapter. Every case runs against an oracle of its own. */
export const CONFORMANCE: Record<string, ConformanceCase[]> = {
  "input/post": [
    get("/input/post?node=emontx&json={power1:100,power2:200}", {
      shows: "lenient JSON",
      reply: ok,
      rows: [row("emontx", 0, { power1: 100, power2: 200 })],
    }),
    get('/input/post.json?node=emontx&fulljson={"power1":100.5,"power2":-200}', {
      shows: "strict JSON has another answer",
      reply: success,
      rows: [row("emontx", 0, { power1: 100.5, power2: -200 })],
    }),
    get("/input/post?node=10&csv=100,200,300", {
      shows: "CSV: names begin at 1",
      reply: ok,
      rows: [row("10", 0, { 1: 100, 2: 200, 3: 300 })],
    }),
    get("/input/post?node=10&csv=100,null,300", {
      shows: "null is no reading, never 0",
      reply: ok,
      rows: [row("10", 0, { 1: 100, 3: 300 })],
    }),
    get("/input/post?data=100,200", { shows: "no node: 0", reply: ok, rows: [row("0", 0, { 1: 100, 2: 200 })] }),
    get("/emoncms/input/post/emontx?node=10&data={power1:7}", {
      shows: "below /emoncms/; the node of the path wins",
      reply: ok,
      rows: [row("emontx", 0, { power1: 7 })],
    }),
    get("//input/post.json?node=emontx&json={power1:7}", {
      shows: "a base URL that ends in a slash",
      reply: ok,
      rows: [row("emontx", 0, { power1: 7 })],
    }),
    get("/input/post/K%C3%BCche%20S%C3%BCd?json={P:7}", {
      shows: "letters of any language",
      reply: ok,
      rows: [row("Küche Süd", 0, { P: 7 })],
    }),
    get("/input/post?node=emontx&json={power(W):7}", {
      shows: "other characters are dropped from names",
      reply: ok,
      rows: [row("emontx", 0, { powerW: 7 })],
    }),
    get(`/input/post?node=emontx&time=${T - 60}&json={power1:1}`, {
      shows: "time in unix seconds",
      reply: ok,
      rows: [row("emontx", -60, { power1: 1 })],
    }),
    get("/input/post?node=emontx&time=2024-07-04T07:59:00Z&json={power1:1}", {
      shows: "time in ISO 8601",
      reply: ok,
      rows: [row("emontx", -60, { power1: 1 })],
    }),
    get(`/input/post?node=emontx&fulljson={"time":${T - 60},"power1":1}`, {
      shows: "time among the values",
      reply: success,
      rows: [row("emontx", -60, { power1: 1 })],
    }),
    get("/input/post?node=emontx&time=yesterday&json={power1:1}", {
      shows: "a time that is none: the server's",
      reply: ok,
      rows: [row("emontx", 0, { power1: 1 })],
    }),
    get(`/input/post?node=emontx&time=${T + 86_400}&json={power1:1}`, {
      shows: "a time too far ahead: refused for good, counted",
      reply: ok,
      rows: [],
    }),
    get("/input/post?node=stranger&json={power1:1}", {
      shows: "a node that no meter uses: counted, not stored",
      reply: ok,
      rows: [],
    }),
    get("/input/post?node=emontx&json={power1:nan,power2:5}", {
      shows: "a value that is none is refused for itself",
      reply: ok,
      rows: [row("emontx", 0, { power2: 5 })],
    }),
    get("/input/post?node=emontx&csv=x", {
      shows: "nothing that can be used",
      reply: fails("Format error, csv value is not numeric"),
      rows: [],
    }),
    get("/input/post?node=emontx", {
      shows: "no data",
      reply: fails("Request contains no data via csv, json or data tag"),
      rows: [],
    }),
    get('/input/post?node=emontx&fulljson={"a":{"b":1}}', {
      shows: "nested JSON",
      reply: fails("Error decoding JSON string (invalid or too deeply nested)"),
      rows: [],
    }),
    post("/input/post", "node=emontx&json=%7Bpower1%3A100%7D", {
      shows: "a form",
      reply: ok,
      rows: [row("emontx", 0, { power1: 100 })],
    }),
    post("/input/post?node=10", "node=emontx&json={power1:100}", {
      shows: "the form wins over the query",
      reply: ok,
      rows: [row("emontx", 0, { power1: 100 })],
    }),
  ],
  "input/bulk": [
    post(`/input/bulk.json?sentat=${T}`, `data=${encodeURIComponent(bulkRows)}`, {
      shows: "emonHub: absolute times, sentat",
      reply: ok,
      rows: twoRows,
    }),
    post(`/input/bulk.json?sentat=${T}&cb=1`, deflateSync(bulkRows), {
      shows: "emonHub, compressed: no content type",
      headers: any,
      shown: `zlib: ${bulkRows}`,
      reply: ok,
      rows: twoRows,
    }),
    post("/input/bulk", `time=${T}&c=1&data=${deflateSync("[[-20,10,1],[-10,10,2]]").toString("hex")}`, {
      shows: "hex of compressed data",
      shown: `time=${T}&c=1&data=<hex of zlib: [[-20,10,1],[-10,10,2]]>`,
      reply: ok,
      rows: [row("10", -20, { 1: 1 }), row("10", -10, { 1: 2 })],
    }),
    post("/input/bulk", `time=${T - 100}&data=[[0,"10",1.5,null,3],[10,"10",2]]`, {
      shows: "IoTaWatt: offsets to a time, null where it has no input",
      reply: ok,
      rows: [row("10", -100, { 1: 1.5, 3: 3 }), row("10", -90, { 1: 2 })],
    }),
    post("/input/bulk", "data=[[0,10,1],[2,10,2],[4,10,3]]", {
      shows: "no reference: the last row is now",
      reply: ok,
      rows: [row("10", -4, { 1: 1 }), row("10", -2, { 1: 2 }), row("10", 0, { 1: 3 })],
    }),
    post("/input/bulk?sentat=543", "data=[[520,10,1],[530,10,2]]", {
      shows: "sentat on the sender's own clock",
      reply: ok,
      rows: [row("10", -23, { 1: 1 }), row("10", -13, { 1: 2 })],
    }),
    post("/input/bulk?offset=-10", "data=[[-30,10,1],[-20,10,2]]", {
      shows: "offset: now - offset",
      reply: ok,
      rows: [row("10", -20, { 1: 1 }), row("10", -10, { 1: 2 })],
    }),
    post(`/input/bulk?sentat=${T}&time=0`, `data=[[${T - 5},10,1]]`, {
      shows: "of two references sentat wins",
      reply: ok,
      rows: [row("10", -5, { 1: 1 })],
    }),
    get(`/input/bulk?time=${T}&data=[[-10,10,1]]`, { shows: "by GET", reply: ok, rows: [row("10", -10, { 1: 1 })] }),
    post(`/input/bulk?time=${T}`, "data=[[-30,10],[-20],[-10,10,1]]", {
      shows: "rows with fewer than three entries are skipped",
      reply: ok,
      rows: [row("10", -10, { 1: 1 })],
    }),
    post(`/input/bulk?time=${T}`, 'data=[[-30,{},5],["x",10,5],[-10,10,1]]', {
      shows: "a row that cannot be used is refused for itself",
      reply: ok,
      rows: [row("10", -10, { 1: 1 })],
    }),
    post(`/input/bulk?time=${T}`, 'data=[[-20,10,NaN,2],[-10,10,{"1":3,"t1":-Infinity}]]', {
      shows: "NaN, as an emonHub writes it, costs its own value only",
      reply: ok,
      rows: [row("10", -20, { 2: 2 }), row("10", -10, { 1: 3 })],
    }),
    post("/input/bulk", "data=nonsense", {
      shows: "no JSON",
      reply: fails("Format error, json string supplied is not valid"),
      rows: [],
    }),
    post("/input/bulk?cb=1", Buffer.from("nonsense"), {
      shows: "no zlib",
      headers: any,
      shown: "nonsense",
      reply: fails("Format error, the data is not compressed with zlib"),
      rows: [],
    }),
    post("/input/bulk?time=0", `data=[${new Array(1_001).fill("[0,10,1]").join(",")}]`, {
      shows: "more than 1,000 rows: a stock emonHub never sends so many",
      shown: "1,001 rows",
      reply: fails("1001 rows, expected at most 1000", 413),
      rows: [],
    }),
  ],
  Keys: [
    get(`/input/post?node=emontx&json={power1:1}&apikey=${ANY_KEY}`, {
      shows: "in the query",
      reply: ok,
      rows: [row("emontx", 0, { power1: 1 })],
    }),
    post("/input/post", `node=emontx&json={power1:1}&apikey=${ANY_KEY}`, {
      shows: "in the form",
      headers: form,
      reply: ok,
      rows: [row("emontx", 0, { power1: 1 })],
    }),
    post("/input/post", `json={power1:1}&devicekey=${NODE_KEY}`, {
      shows: "a device's key stands for its node",
      headers: form,
      reply: ok,
      rows: [row("emontx", 0, { power1: 1 })],
    }),
    {
      ...get(`/input/post?json={power1:1}&devicekey=${ANY_KEY.replace("0", "1")}`, {
        shows: "a device's key that is wrong",
        reply: { status: 401, body: "Invalid device key" },
        rows: [],
      }),
      headers: {},
    },
    {
      ...get(`/input/post?node=emontx&json={power1:1}&apikey=${ANY_KEY.replace("0", "1")}`, {
        shows: "a wrong key",
        reply: wrongKey,
        rows: [],
      }),
      headers: {},
    },
    { ...get("/input/post?node=emontx&json={power1:1}", { shows: "no key", reply: wrongKey, rows: [] }), headers: {} },
    post("/input/post", `node=10&csv=1&devicekey=${NODE_KEY}`, {
      shows: "a key that is limited to another node",
      headers: form,
      reply: fails("the key is limited to node 'emontx'", 403),
      rows: [],
    }),
    post(`/input/bulk?time=${T}&devicekey=${NODE_KEY}`, 'data=[[-20,10,1],[-10,"emontx",2]]', {
      shows: "of a batch it takes what is its own",
      headers: form,
      reply: ok,
      rows: [row("emontx", -10, { 1: 2 })],
    }),
  ],
  "Encrypted input": [
    encrypted("/input/post", "node=emontx&data=100,200", {
      shows: "the answer is SHA-256 of the plaintext",
      rows: [row("emontx", 0, { 1: 100, 2: 200 })],
    }),
    encrypted("/emoncms/input/post.json", `node=emontx&time=${T - 60}&fulljson={"power1":100}`, {
      shows: "with a time",
      rows: [row("emontx", -60, { power1: 100 })],
    }),
    encrypted("/input/bulk", `time=${T - 100}&data=[[0,"emontx",1.5],[10,"emontx",2]]`, {
      shows: "IoTaWatt",
      rows: [row("emontx", -100, { 1: 1.5 }), row("emontx", -90, { 1: 2 })],
    }),
    encrypted("/input/bulk", `time=${T - 100}&data=[[0,"emontx",1.5]]`, {
      shows: "compressed inside",
      gz: true,
      rows: [row("emontx", -100, { 1: 1.5 })],
    }),
    encrypted("/input/post", "node=10&data=100,200", {
      shows: "a key that is limited to another node",
      user: 2,
      key: NODE_KEY,
      reply: fails("the key is limited to node 'emontx'", 403),
      rows: [],
    }),
    encrypted("/input/post", "node=emontx&data=100,200", {
      shows: "a wrong key",
      key: NODE_KEY,
      reply: wrongKey,
      rows: [],
    }),
    encrypted("/input/post", "node=emontx&data=100,200", {
      shows: "a user that does not exist",
      user: 9,
      reply: wrongKey,
      rows: [],
    }),
    encrypted("/input/post?node=10&time=0&json={power1:9}", "node=emontx&data=100,200", {
      shows: "what stands outside does not count",
      rows: [row("emontx", 0, { 1: 100, 2: 200 })],
    }),
    encrypted("/input/post/10", "node=emontx&data=100,200", {
      shows: "nor does a node in the path",
      reply: fails("Format error, the node of encrypted input belongs inside it"),
      rows: [],
    }),
    encrypted("/input/post", `time=${T}&data=[[0,"emontx",1.5]]`, {
      shows: "a bulk upload on the wrong path",
      reply: fails("Format error, rows belong to input/bulk"),
      rows: [],
    }),
    encrypted("/input/post", "data=100,200", {
      shows: "too short to be told from a replay: it needs a time",
      reply: fails("Format error, encrypted input like this needs a time"),
      rows: [],
    }),
  ],
  "Everything else": [
    get("/input/get?node=emontx", {
      shows: "IoTaWatt asks for the last time of a node, which has none yet",
      reply: { status: 200, body: '"Node does not exist"', type: "application/json" },
      rows: [],
    }),
    { ...get("/input/get?node=emontx", { shows: "only with a key", reply: wrongKey, rows: [] }), headers: {} },
    get("/input/list.json", {
      shows: "the rest of Emoncms",
      reply: { status: 404, body: "There is nothing here, expected input/post, input/bulk or input/get" },
      rows: [],
    }),
    get("/input/post/..%2f..%2fetc%2fpasswd?csv=1", { shows: "a path as a node is a name", reply: ok, rows: [] }),
    get("/input/post?node=x';DROP TABLE inbox;--&csv=1".replaceAll(" ", "%20"), {
      shows: "SQL as a node is a name",
      reply: ok,
      rows: [],
    }),
    {
      method: "OPTIONS",
      target: "/input/post",
      headers: { origin: "https://example.org", "access-control-request-method": "POST" },
      shows: "no web page may call it",
      reply: { status: 405, body: "Expected GET or POST" },
      rows: [],
    },
    post("/input/post", '{"power1":1}', {
      shows: "another content type",
      headers: { ...any, "content-type": "application/json" },
      reply: { status: 415, body: "Expected Content-Type: application/x-www-form-urlencoded" },
      rows: [],
    }),
    post("/input/post", Buffer.alloc(1_048_577), {
      shows: "a body beyond maxBodyBytes",
      shown: "1,048,577 bytes",
      reply: fails("The body is too large, expected at most 1048576 bytes", 413),
      rows: [],
    }),
    post("/input/bulk?cb=1", deflateSync(Buffer.alloc(64 * 1_048_576, 0x20)), {
      shows: "a zip bomb",
      headers: any,
      shown: "zlib: 64 MiB of spaces",
      reply: fails("The decompressed data is too large", 413),
      rows: [],
    }),
  ],
};
