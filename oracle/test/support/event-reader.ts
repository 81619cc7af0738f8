/** One server-sent event. */
export type ServerEvent = { id: string | undefined; event: string; data: Record<string, unknown> };

/** A reader of a stream of events, as a page would be one. */
export type EventReader = Awaited<ReturnType<typeof readEvents>>;

/** Opens the stream and collects what comes. */
export async function readEvents(url: string, token: string, headers: Record<string, string> = {}) {
  const aborting = new AbortController();
  const response = await fetch(url, {
    headers: { authorization: `Bearer ${token}`, accept: "text/event-stream", ...headers },
    signal: aborting.signal,
  });
  const events: ServerEvent[] = [];
  const ended = Promise.withResolvers<undefined>();
  let heartbeats = 0;
  if (response.ok) {
    void read().catch(() => {
      ended.resolve(undefined);
    });
  } else ended.resolve(undefined);

  async function read(): Promise<void> {
    let text = "";
    const decoder = new TextDecoder();
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk as Uint8Array, { stream: true });
      const blocks = text.split("\n\n");
      text = blocks.pop() ?? "";
      for (const block of blocks) take(block);
    }
    ended.resolve(undefined);
  }

  function take(block: string): void {
    const fields = new Map(block.split("\n").map((line) => [line.split(": ", 1)[0], line.replace(/^[^:]*: ?/u, "")]));
    const event = fields.get("event");
    if (event === undefined) heartbeats++;
    else
      events.push({ id: fields.get("id"), event, data: JSON.parse(fields.get("data") ?? "{}") as ServerEvent["data"] });
  }

  return {
    status: response.status,
    headers: response.headers,
    events,
    heartbeats: () => heartbeats,
    of: (name: string) => events.filter(({ event }) => event === name),
    lastId: () => events.findLast(({ id }) => id !== undefined)?.id,
    ended: ended.promise,
    close() {
      aborting.abort();
    },
  };
}
