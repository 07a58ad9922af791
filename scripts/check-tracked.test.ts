import { expect, test } from "vitest";
import { foreignText } from "./tracked/foreign-text.ts";

const path = (...parts: string[]) => ["", ...parts].join("/");
const url = (host: string) => ["https:", "", host, "x.tgz"].join("/");
const root = path("opt", "checkout");

test.each([
  path("home", "ann", "x"),
  `cd ${path("Users", "Ann")}`,
  `"${path("root", "x")}"`,
  ["C:", "Users", "ann"].join("\\"),
  url("registry.example.com"),
  url("artifactory.corp.example"),
  ["//reg.example/:_auth", "Token=abc"].join(""),
  `${root}/packages`,
])("refused: %s", (text) => {
  expect(foreignText(root, "README.md", `first\n${text}`)).toEqual([expect.stringMatching(/^README\.md:2 has /)]);
});

test("ordinary paths, links and names pass", () => {
  const text = `/srv/ssd /tmp/x https://docs.nats.io/x packages/home/ann ./root/x ${root}-two registry/ home/ann a/root/b`;
  expect(foreignText(root, "README.md", text)).toEqual([]);
});

test("a lock file has no host at all", () => {
  expect(foreignText(root, "pnpm-lock.yaml", `tarball: ${url("example.com")}`)).toEqual([
    expect.stringContaining("a host in the lock file"),
  ]);
});
