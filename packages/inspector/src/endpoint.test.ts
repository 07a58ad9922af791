import { request } from "node:http";
import { expect, test } from "vitest";
import { inspector } from "./inspector.ts";
import { attempt, openPage, operatorToken, stage, viewToken } from "./stage.fixture.ts";

function get(port: number, path: string, headers: Record<string, string> = {}, method = "GET") {
  return new Promise<{ status: number; headers: Record<string, unknown>; text: string }>((resolve, reject) => {
    request({ port, path, headers, method, host: "127.0.0.1" }, (response) => {
      let text = "";
      response.on("data", (part) => {
        text += part;
      });
      response.on("end", () => resolve({ status: response.statusCode!, headers: response.headers, text }));
    })
      .on("error", reject)
      .end();
  });
}

test("the printed address holds the token where no server sees it", async () => {
  const { page, port } = await stage({});
  expect(page.url).toBe(`http://127.0.0.1:${port}/#token=${operatorToken}`);
});

test("a socket is opened to who has a token, and comes from no other page", async () => {
  const { port } = await stage();
  for (const path of ["/live", "/inspect"]) {
    expect(await attempt(port, path)).toBe("401");
    expect(await attempt(port, `${path}?token=wrong`)).toBe("401");
    expect(await attempt(port, `${path}?token=${viewToken}`)).toBe("open");
    expect(await attempt(port, `${path}?token=${operatorToken}`, { Origin: "http://evil.example" })).toBe("403");
    expect(await attempt(port, `${path}?token=${operatorToken}`, { Host: "evil.example" })).toBe("403");
    expect(await attempt(port, `${path}?token=${operatorToken}`, { Origin: `http://127.0.0.1:${port}` })).toBe("open");
  }
  expect(await attempt(port, `/other?token=${operatorToken}`)).toBe("404");
});

test("a page is told why it is refused", async () => {
  const { port } = await stage();
  expect(await get(port, "/admission")).toMatchObject({
    status: 401,
    text: expect.stringContaining("token is missing"),
  });
  expect(await get(port, "/admission", { Authorization: `Bearer ${viewToken}` })).toMatchObject({
    status: 200,
    text: "look",
  });
  expect(await get(port, "/admission", { Authorization: `Bearer ${operatorToken}` })).toMatchObject({
    status: 200,
    text: "act",
  });
});

test("the page is served whole, needs nobody else, and lets nobody frame it", async () => {
  const { port } = await stage();
  const { status, text, headers } = await get(port, "/");
  expect(status).toBe(200);
  expect(text).toContain("Reeve inspector");
  const policy = String(headers["content-security-policy"]);
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("frame-ancestors 'none'");
  expect(policy).not.toContain("stately");
  for (const [, path] of text.matchAll(/(?:src|href)="([^"]+)"/g)) {
    const file = await get(port, path!);
    expect(file.status).toBe(200);
    expect(file.text).not.toMatch(/https?:\/\/(?!www\.w3\.org|stately\.ai)[a-z]/);
  }
  expect(String((await get(port, "/stately")).headers["content-security-policy"])).toContain(
    "frame-src https://stately.ai",
  );
});

test("nothing but the page is served", async () => {
  const { port } = await stage();
  for (const path of [
    "/assets/../index.html",
    "/assets/%2e%2e/index.html",
    "/etc/passwd",
    "/assets/",
    "//",
    "/index.html",
  ]) {
    expect((await get(port, path)).status, path).toBe(404);
  }
  expect((await get(port, "/", { Host: "evil.example" })).status).toBe(403);
  expect((await get(port, "/", {}, "POST")).status).toBe(405);
});

test("a port that is taken is named", async () => {
  const { port, feed } = await stage();
  const { systemClock } = await import("@reeve/runtime/transport");
  await expect(inspector({ port }).attach({ feed, clock: systemClock })).rejects.toThrow(
    `inspector.port: 127.0.0.1:${port} is in use`,
  );
});

test("closing lets every viewer go, and watches no more", async () => {
  const { port, page, bus } = await stage();
  const { socket } = await openPage(port, viewToken);
  expect(bus.watched).toBe(true);
  const closed = new Promise<number>((resolve) => socket.once("close", resolve));
  await Promise.all([page.close(), page.close()]);
  expect(await closed).toBe(1001);
  expect(bus.watched).toBe(false);
});
