import { createConnection, createServer, type Socket } from "node:net";

/** Stands before a PostgreSQL and puts other words of the same length in the place of those that it says. */
export async function rewritingProxy(serverPort: number, words: readonly (readonly [string, string])[]) {
  const sockets = new Set<Socket>();
  const listener = createServer((client) => {
    const server = createConnection(serverPort, "127.0.0.1");
    for (const socket of [client, server]) {
      sockets.add(socket);
      socket.on("error", () => {}).on("close", () => sockets.delete(socket));
    }
    client.pipe(server);
    server.on("data", (chunk) => {
      let text = chunk.toString("latin1");
      for (const [from, to] of words) text = text.replaceAll(from, to.padEnd(from.length).slice(0, from.length));
      client.write(Buffer.from(text, "latin1"));
    });
    server.on("close", () => client.destroy());
  });
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  return {
    port: (listener.address() as { readonly port: number }).port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => listener.close(resolve));
    },
  };
}
