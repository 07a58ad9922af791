import { createConnection, createServer, type Socket } from "node:net";

export interface ServerProxy extends AsyncDisposable {
  readonly port: number;
}

/**
 * Stands before a PostgreSQL.
 *
 * @param join says what of each goes to the other
 * @param admits asked for each connection
 */
export async function serverProxy(
  serverPort: number,
  join: (client: Socket, server: Socket) => void,
  admits: () => boolean = () => true,
): Promise<ServerProxy> {
  const sockets = new Set<Socket>();
  const listener = createServer((client) => {
    if (!admits()) return void client.destroy();
    const server = createConnection(serverPort, "127.0.0.1");
    for (const socket of [client, server]) {
      sockets.add(socket);
      socket.on("error", () => {}).on("close", () => sockets.delete(socket));
    }
    join(client, server);
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
