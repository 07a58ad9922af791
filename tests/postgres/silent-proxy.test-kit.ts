import { createConnection, createServer, type Socket } from "node:net";

/** Ends the greeting of a server: `ReadyForQuery`, idle. */
const ready = Buffer.from([0x5a, 0, 0, 0, 5, 0x49]);

/** Stands before a PostgreSQL and passes nothing on of what it says once it is ready for the first statement. */
export async function silentProxy(serverPort: number) {
  const sockets = new Set<Socket>();
  const listener = createServer((client) => {
    const server = createConnection(serverPort, "127.0.0.1");
    for (const socket of [client, server]) {
      sockets.add(socket);
      socket.on("error", () => {}).on("close", () => sockets.delete(socket));
    }
    client.pipe(server);
    let silent = false;
    server.on("data", (chunk) => {
      if (!silent) client.write(chunk);
      silent ||= chunk.subarray(-ready.length).equals(ready);
    });
    client.on("close", () => server.destroy());
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
