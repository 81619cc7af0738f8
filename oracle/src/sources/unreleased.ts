import type { Aedes, Client } from "aedes";

/** What of the broker's memory is about messages of QoS 2; its types leave it open. */
type Incoming = {
  incomingStorePacket(client: Client, packet: { messageId?: number }): Promise<void>;
  cleanIncoming(client: Client): Promise<void>;
};

/**
 * Lets a broker remember of a message of QoS 2 its number only, and that no longer than the connection. It would keep the
 * whole message until the sender releases it, also beyond the connection, and a sender that never does, under one name after
 * the other, would fill the memory. A message that comes again over a new connection is taken again, which counts once.
 */
export function forgetUnreleased(broker: Aedes): void {
  const { persistence } = broker as unknown as { persistence: Incoming };
  const store = persistence.incomingStorePacket.bind(persistence);
  persistence.incomingStorePacket = async (client, { messageId }) => {
    if (!client.closed && messageId !== undefined) await store(client, { messageId });
  };
  broker.on("clientDisconnect", (client) => {
    void persistence.cleanIncoming(client);
  });
}
