import { readFile } from "node:fs/promises";
import type { ServerResponse } from "node:http";
import { extname, join } from "node:path";
import { builtPage } from "./page-build.ts";

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};

const pages: Readonly<Record<string, string>> = { "/": "index.html", "/stately": "stately.html" };

/** `connect-src` names the socket too: not every browser counts it as `'self'`. */
function policyOf(path: string, host: string): string {
  const frames = path === "/stately" ? "frame-src https://stately.ai; " : "";
  return `default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self' ws://${host} wss://${host}; ${frames}base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;
}

/** Serves the built page. It holds no secret: what it shows comes over the socket. */
export class PageFiles {
  #folder: Promise<string> | undefined;

  async serve(path: string, host: string, response: ServerResponse): Promise<void> {
    const name = pages[path] ?? (/^\/assets\/[\w.-]+$/.test(path) ? path.slice(1) : undefined);
    if (!name) return end(response, 404, "There is no such page.\n");
    let folder: string;
    try {
      this.#folder ??= builtPage();
      folder = await this.#folder;
    } catch (error) {
      this.#folder = undefined;
      const cause = error instanceof Error ? error.message : String(error);
      return end(response, 503, `The page is not built and could not be: run \`pnpm build\`.\n\n${cause}\n`);
    }
    const body = await readFile(join(folder, name)).catch(() => undefined);
    if (!body) return end(response, 404, "There is no such file.\n");
    response.writeHead(200, {
      "Content-Type": types[extname(name)] ?? "application/octet-stream",
      "Content-Length": body.length,
      "Cache-Control": name.startsWith("assets/") ? "public, max-age=31536000, immutable" : "no-cache",
      "Content-Security-Policy": policyOf(path, host),
      "Cross-Origin-Opener-Policy": "same-origin",
      "Cross-Origin-Resource-Policy": "same-origin",
      "Referrer-Policy": "no-referrer",
      "X-Content-Type-Options": "nosniff",
    });
    response.end(body);
  }
}

function end(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { "Content-Type": "text/plain; charset=utf-8", "X-Content-Type-Options": "nosniff" });
  response.end(text);
}
