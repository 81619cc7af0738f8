/** The embedded broker without an oracle behind it, for comparison: takes whatever comes. Prints its port. */
import { Aedes } from "aedes";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";

const broker = await Aedes.createBroker();
const server = createServer((socket) => {
  broker.handle(socket);
});
server.listen(0, "127.0.0.1");
await once(server, "listening");
process.stdout.write(`${(server.address() as AddressInfo).port}\n`);
