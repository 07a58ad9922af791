import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { reeveError } from "@reeve/contract";
import { type WebSocket, WebSocketServer } from "ws";
import { Access, type Right } from "./access.ts";
import type { CompiledOptions } from "./options.ts";
import type { PageFiles } from "./page-files.ts";

const mostViewers = 64;
const longestMessage = 65_536;
const pingEveryMs = 15_000;
const closeWithinMs = 1_000;

/** Somebody at the other end of a socket. */
export interface Viewer {
  heard?(text: string): void;
  leave(): void;
}

export interface EndpointOptions {
  readonly options: CompiledOptions;
  readonly files: PageFiles;
  /** By path: makes the viewer of a socket that was let in. */
  readonly viewers: Readonly<Record<string, (socket: WebSocket, right: Right) => Viewer>>;
  readonly onProblem: (error: unknown, what: string) => void;
}

/** Serves the page and the sockets, to those who may. */
export class Endpoint {
  readonly #options: EndpointOptions;
  readonly #access: Access;
  readonly #server: Server;
  readonly #sockets = new WebSocketServer({ noServer: true, maxPayload: longestMessage });
  readonly #answered = new WeakSet<WebSocket>();
  readonly #viewers = new Set<Viewer>();
  #pings: NodeJS.Timeout | undefined;

  constructor(options: EndpointOptions) {
    this.#options = options;
    this.#access = new Access(options.options);
    this.#server = createServer((request, response) => this.#respond(request, response));
    this.#server.on("upgrade", (request, socket, head) => this.#upgrade(request, socket, head));
    this.#server.on("clientError", (_, socket) => socket.destroy());
  }

  /**
   * Resolves to the port once it listens.
   *
   * @throws ReeveError `INVALID_OPTION` when it cannot listen there
   */
  async listen(): Promise<number> {
    const { port, hostname } = this.#options.options;
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", (cause: NodeJS.ErrnoException) => {
        const why = cause.code === "EADDRINUSE" ? "is in use; choose another, or 0 for a free one" : cause.message;
        reject(reeveError("INVALID_OPTION", `inspector.port: ${hostname}:${port} ${why}`, { cause }));
      });
      this.#server.listen(port, hostname, resolve);
    });
    this.#server.on("error", (error) => this.#options.onProblem(error, "listening"));
    this.#pings = setInterval(() => this.#ping(), pingEveryMs);
    this.#pings.unref();
    return (this.#server.address() as { port: number }).port;
  }

  async close(): Promise<void> {
    clearInterval(this.#pings);
    for (const viewer of this.#viewers) this.#letGo(viewer);
    for (const socket of this.#sockets.clients) socket.close(1001, "The host stops");
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    const late = setTimeout(() => {
      for (const socket of this.#sockets.clients) socket.terminate();
      this.#server.closeAllConnections();
    }, closeWithinMs);
    this.#server.closeIdleConnections();
    await closed;
    clearTimeout(late);
  }

  #respond(request: IncomingMessage, response: ServerResponse): void {
    const { host = "" } = request.headers;
    const path = pathOf(request);
    if (request.method !== "GET" && request.method !== "HEAD") response.writeHead(405).end();
    else if (!this.#access.isOwnHost(host))
      response.writeHead(403).end(`This inspector does not go by the name of ${host}\n`);
    else if (path === "/admission") this.#tellAdmission(request, response);
    else {
      this.#options.files.serve(path, host, response).catch((error: unknown) => {
        this.#options.onProblem(error, "serving the page");
        response.destroy();
      });
    }
  }

  /** A browser does not tell its page why a socket was refused: the page asks here. */
  #tellAdmission(request: IncomingMessage, response: ServerResponse): void {
    const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? "")?.[1] ?? null;
    const admission = this.#access.admit(request, token);
    const [status, text] = "status" in admission ? [admission.status, admission.message] : [200, admission.right];
    response.writeHead(status, { "Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store" }).end(text);
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on("error", () => socket.destroy());
    const make = this.#options.viewers[pathOf(request)];
    const admission = this.#access.admit(request, tokenOf(request));
    if (!make) refuse(socket, "404 Not Found", "There is no such socket");
    else if ("status" in admission) {
      refuse(socket, admission.status === 401 ? "401 Unauthorized" : "403 Forbidden", admission.message);
    } else if (this.#sockets.clients.size >= mostViewers) {
      refuse(socket, "503 Service Unavailable", "Too many viewers");
    } else this.#sockets.handleUpgrade(request, socket, head, (one) => this.#seat(one, make, admission.right));
  }

  /** Nothing that goes wrong with a viewer leaves this function. */
  #seat(socket: WebSocket, make: (socket: WebSocket, right: Right) => Viewer, right: Right): void {
    socket.on("error", () => socket.terminate());
    socket.on("pong", () => this.#answered.add(socket));
    this.#answered.add(socket);
    try {
      const viewer = make(socket, right);
      this.#viewers.add(viewer);
      socket.on("message", (data, isBinary) => {
        if (!isBinary) this.#guard("reading a message", () => viewer.heard?.(data.toString()));
      });
      socket.on("close", () => this.#letGo(viewer));
    } catch (error) {
      this.#options.onProblem(error, "letting a viewer in");
      socket.terminate();
    }
  }

  #letGo(viewer: Viewer): void {
    if (this.#viewers.delete(viewer)) this.#guard("letting a viewer go", () => viewer.leave());
  }

  #guard(what: string, run: () => void): void {
    try {
      run();
    } catch (error) {
      this.#options.onProblem(error, what);
    }
  }

  #ping(): void {
    for (const socket of this.#sockets.clients) {
      if (!this.#answered.delete(socket)) socket.terminate();
      else socket.ping();
    }
  }
}

function refuse(socket: Duplex, status: string, message: string): void {
  socket.end(
    `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(message)}\r\n\r\n${message}`,
  );
}

function pathOf({ url = "/" }: IncomingMessage): string {
  return url.split("?", 1)[0]!;
}

function tokenOf({ url = "/" }: IncomingMessage): string | null {
  return new URLSearchParams(url.slice(pathOf({ url } as IncomingMessage).length)).get("token");
}
